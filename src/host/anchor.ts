import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { HomeostatError } from '../core/errors.ts';

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** A folder held by its descriptor, so that swapping a parent for a link cannot lead an operation elsewhere. */
export interface Anchor {
  readonly handle: FileHandle;
  /** The path of an entry, through the descriptor where the system has /proc. */
  entry(name: string): string;
  close(): Promise<void>;
}

function anchorAt(handle: FileHandle, folder: string): Anchor {
  const base = process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : folder;
  return { handle, entry: (name) => `${base}/${name}`, close: async () => handle.close() };
}

/** Walks from the root to the folder, one component at a time, following no link. */
export async function openAnchor(root: string, folder: string): Promise<Anchor> {
  let here = anchorAt(await openFolder(root, root), root);
  let path = root;
  for (const name of relative(root, folder).split(sep).filter(Boolean)) {
    path = join(path, name);
    const outer = here;
    try {
      here = anchorAt(await openFolder(outer.entry(name), path), path);
    } finally {
      await outer.close();
    }
  }
  return here;
}

async function openFolder(at: string, shown: string): Promise<FileHandle> {
  try {
    return await open(at, FOLDER);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ELOOP' || code === 'ENOTDIR') {
      throw new HomeostatError('world_changed', `${shown} is not the folder it was when it was looked at`, {
        cause,
      });
    }
    if (code === 'ENOENT') throw new HomeostatError('not_found', `${shown}: no such folder`, { cause });
    throw new HomeostatError('not_found', `${shown}: ${String(code)}`, { cause });
  }
}

/** Opens the folder that holds `path`, works on it, and lets go of it. */
export async function inParent<T>(
  root: string,
  path: string,
  work: (parent: Anchor) => Promise<T>,
): Promise<T> {
  const anchor = await openAnchor(root, dirname(path));
  try {
    return await work(anchor);
  } finally {
    await anchor.close();
  }
}
