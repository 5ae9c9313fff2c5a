import { createHash } from 'node:crypto';
import { type BigIntStats, constants, createReadStream } from 'node:fs';
import { lstat, open, readlink } from 'node:fs/promises';
import type { FileState } from '../core/effects.ts';
import { basename } from 'node:path';
import { HomeostatError } from '../core/errors.ts';
import type { Objects } from '../core/host.ts';
import { inParent } from './anchor.ts';

/**
 * The state of what is at a path below a root; null where nothing is. What can be neither kept nor made (a
 * socket) is an error. No link on the way is followed: a folder swapped for one leads nowhere, not outside.
 */
export async function fileState(
  path: string,
  root: string,
  objects: Objects | null,
  mostBytes = Infinity,
): Promise<FileState | null> {
  if (path === root) return stateAt(path, path, objects, mostBytes);
  try {
    return await inParent(root, path, async (parent) =>
      stateAt(parent.entry(basename(path)), path, objects, mostBytes),
    );
  } catch (error) {
    const cause = error instanceof HomeostatError ? (error.cause as NodeJS.ErrnoException | undefined) : null;
    if (NOTHING_THERE.has(cause?.code ?? '')) return null;
    throw error;
  }
}

const NOTHING_THERE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

async function stateAt(
  at: string,
  path: string,
  objects: Objects | null,
  mostBytes: number,
): Promise<FileState | null> {
  try {
    const stats = await lstat(at, { bigint: true });
    // A file may claim terabytes that it does not have; to read or keep it would end at a full disk.
    if (stats.isFile() && stats.size > mostBytes)
      throw new HomeostatError('too_large', `${path} has ${stats.size} bytes, the limit is ${mostBytes}`);
    return await stateOf(at, path, stats, objects);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Gone before or while it is read: either way nothing is there.
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    if (code === 'ENAMETOOLONG')
      throw new HomeostatError('invalid_input', 'path: longer than the file system takes', { cause: error });
    throw error;
  }
}

async function stateOf(
  at: string,
  path: string,
  stats: BigIntStats,
  objects: Objects | null,
): Promise<FileState> {
  const base = {
    mode: Number(stats.mode & 0o7777n),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtime_ns: String(stats.mtimeNs),
  };
  if (stats.isDirectory()) return { type: 'directory', ...base, size: 0 };
  if (stats.isSymbolicLink()) {
    return { type: 'symlink', ...base, size: Number(stats.size), target: await readlink(at) };
  }
  if (!stats.isFile())
    throw new HomeostatError('wrong_type', `${path} is neither a file, a folder nor a link`);
  const { digest, size } = objects === null ? await hashFile(at) : await objects.putFile(at);
  return { type: 'file', ...base, size, digest };
}

async function hashFile(at: string): Promise<{ digest: string; size: number }> {
  const handle = await open(at, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const hash = createHash('sha256');
  let size = 0;
  for await (const part of createReadStream('', { fd: handle }) as AsyncIterable<Buffer>) {
    hash.update(part);
    size += part.length;
  }
  return { digest: hash.digest('hex'), size };
}
