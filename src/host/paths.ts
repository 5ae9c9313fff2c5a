import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { HomeostatError } from '../core/errors.ts';
import { isInside } from '../core/inside.ts';
import type { Workspace } from '../core/principal.ts';

/** The root that a real path lies in, or an error that says where an agent may go. */
export function rootOf(path: string, workspace: Workspace): string {
  const root = workspace.roots.find((candidate) => isInside(path, candidate));
  if (workspace.roots.length === 0)
    throw new HomeostatError('no_root', `no root is configured that could hold ${path}`);
  if (root === undefined) {
    throw new HomeostatError('outside_roots', `${path} is outside ${workspace.roots.join(', ')}`);
  }
  return root;
}

/** Resolves every link of a path but the last component, which may be missing, as may folders before it. */
export async function resolvePath(input: string, workspace: Workspace, follow: boolean): Promise<string> {
  if (input.includes('\0'))
    throw new HomeostatError('invalid_input', 'path: a NUL byte cannot be part of a path');
  if (input.length > 4096) throw new HomeostatError('invalid_input', 'path: longer than 4096 characters');
  const absolute = resolve(workspace.cwd, input);
  const parent = await realAncestor(dirname(absolute));
  const path = absolute === dirname(absolute) ? absolute : join(parent, basename(absolute));
  // A root may be named by a link to it, as the person configured it.
  const led = follow ? await realpath(path).catch(() => null) : null;
  if (led !== null && workspace.roots.some((root) => isInside(led, root))) return led;
  rootOf(path, workspace);
  const isLink = await lstat(path).then((s) => s.isSymbolicLink(), notALink(path));
  if (!follow || !isLink) return path;
  const target = await realpath(path).catch((cause: unknown) => {
    throw new HomeostatError('wrong_type', `${path} is a symbolic link that leads nowhere`, { cause });
  });
  rootOf(target, workspace);
  return target;
}

async function realAncestor(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT' || folder === dirname(folder)) {
      throw new HomeostatError(
        'not_found',
        `${folder}: ${code === 'ENOTDIR' ? 'not a folder' : String(code)}`,
        {
          cause: error,
        },
      );
    }
    // A dangling link on the way is ENOENT too; it must not be mistaken for a folder still to be made.
    if (
      await lstat(folder).then(
        () => true,
        () => false,
      )
    ) {
      throw new HomeostatError('wrong_type', `${folder} is a symbolic link that leads nowhere`, {
        cause: error,
      });
    }
    return join(await realAncestor(dirname(folder)), basename(folder));
  }
}

/** Answers false where a path may still be made; throws where the system could never make it. */
const notALink =
  (path: string) =>
  (cause: NodeJS.ErrnoException): false => {
    if (cause.code === 'ENAMETOOLONG') {
      throw new HomeostatError('invalid_input', 'path: longer than the file system takes', { cause });
    }
    if (cause.code === 'ENOTDIR') {
      throw new HomeostatError('not_found', `${dirname(path)}: not a folder`, { cause });
    }
    return false;
  };
