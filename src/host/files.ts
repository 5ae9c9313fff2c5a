import { type Dirent, constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { HomeostatError } from '../core/errors.ts';
import type { Entry, Files, Objects } from '../core/host.ts';
import type { Workspace } from '../core/principal.ts';
import { inParent, openAnchor } from './anchor.ts';
import { checkChanges } from './check-changes.ts';
import { fileState } from './file-state.ts';
import { resolvePath, rootOf } from './paths.ts';
import { type ScanLimits, scanRoot } from './scan.ts';

export interface FilesOptions {
  readonly objects: Objects;
  /** Where scans remember what they saw; part of the state folder. */
  readonly cacheFolder: string;
  readonly limits: ScanLimits;
}

/** The file system as one connection may see it. */
export function openFiles(workspace: Workspace, { objects, cacheFolder, limits }: FilesOptions): Files {
  return {
    objects,
    resolve: async (path, follow = false) => resolvePath(path, workspace, follow),
    state: async (path, keep = false) =>
      fileState(path, rootOf(path, workspace), keep ? objects : null, limits.bytes),
    hasOtherNames: async (path) =>
      inParent(rootOf(path, workspace), path, async (parent) =>
        lstat(parent.entry(basename(path))).then(
          (stats) => stats.isFile() && stats.nlink > 1,
          () => false,
        ),
      ),
    read: async (path, maxBytes) =>
      inParent(rootOf(path, workspace), path, async (parent) =>
        readWhole(parent.entry(basename(path)), path, maxBytes),
      ),
    async list(path, { depth, max }) {
      const entries: Entry[] = [];
      const more = await listInto(entries, rootOf(path, workspace), path, depth, max);
      return { entries, more };
    },
    check: async (set) => checkChanges(set, workspace),
    scan: async (root, signal, restMs) => scanRoot(root, objects, cacheFolder, limits, signal, restMs),
  };
}

async function readWhole(entry: string, path: string, maxBytes: number): Promise<Buffer> {
  const handle = await open(entry, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (cause: unknown) => {
      throw missing(path, cause);
    },
  );
  try {
    const stats = await handle.stat();
    if (stats.isDirectory()) throw new HomeostatError('wrong_type', `${path} is a folder: use list_files`);
    if (!stats.isFile()) throw new HomeostatError('wrong_type', `${path} is not a plain file`);
    if (stats.size > maxBytes) {
      throw new HomeostatError('too_large', `${path} has ${stats.size} bytes, the limit is ${maxBytes}`);
    }
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** Names sorted, a folder's entries before what is in its folders; true when `max` cut it short. */
async function listInto(
  entries: Entry[],
  root: string,
  path: string,
  depth: number,
  max: number,
): Promise<boolean> {
  const anchor = await openAnchor(root, path);
  const folders: string[] = [];
  try {
    const found = (await readdir(anchor.entry('.'), { withFileTypes: true })).toSorted((a, b) =>
      a.name < b.name ? -1 : 1,
    );
    for (const entry of found) {
      if (entries.length >= max) return true;
      const size = entry.isFile()
        ? await lstat(anchor.entry(entry.name)).then(
            (s) => s.size,
            () => 0,
          )
        : 0;
      entries.push({ path: join(path, entry.name), type: typeOf(entry), size });
      if (entry.isDirectory()) folders.push(join(path, entry.name));
    }
  } finally {
    await anchor.close();
  }
  if (depth <= 1) return false;
  for (const folder of folders) if (await listInto(entries, root, folder, depth - 1, max)) return true;
  return false;
}

function typeOf(entry: Dirent): Entry['type'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'symlink' : 'other';
}

function missing(path: string, cause: unknown): HomeostatError {
  if (cause instanceof HomeostatError) return cause;
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ELOOP') return new HomeostatError('wrong_type', `${path} is a symbolic link`, { cause });
  return new HomeostatError('not_found', `${path}: ${code === 'ENOENT' ? 'no such file' : String(code)}`, {
    cause,
  });
}
