import { resolve } from 'node:path';
import type { ActionContext } from '../../core/context.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { FileState } from '../../core/effects.ts';

const MOST = 50;

/**
 * The files in the roots that a command line names, its scripts above all, by what a snapshot saw of them: what is
 * approved with the line is these files as they are, and not whatever they may become until it runs.
 */
export async function namedFiles(
  command: string,
  cwd: string,
  seen: (path: string) => Promise<FileState | undefined>,
): Promise<Record<string, string>> {
  const words = new Set(command.split(/[\s'"`;|&<>()${}=,:]+/).filter((word) => word !== ''));
  const digests: Record<string, string> = {};
  for (const word of words) {
    const path = resolve(cwd, word);
    const digest = (await seen(path))?.digest;
    if (digest !== undefined && Object.keys(digests).length < MOST) digests[path] = digest;
  }
  return digests;
}

/** Throws `world_changed` where a named file is not what it was. */
export async function checkNamed(
  digests: Readonly<Record<string, string>>,
  ctx: ActionContext,
): Promise<void> {
  for (const [path, digest] of Object.entries(digests)) {
    if ((await ctx.files.state(path))?.digest === digest) continue;
    throw new HomeostatError('world_changed', `${path}, which the command names, is not as it was`);
  }
}
