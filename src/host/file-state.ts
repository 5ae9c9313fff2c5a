import { createHash } from 'node:crypto';
import { type BigIntStats, constants, createReadStream } from 'node:fs';
import { lstat, open, readlink } from 'node:fs/promises';
import type { FileState } from '../core/effects.ts';
import { HomeostatError } from '../core/errors.ts';
import type { Objects } from '../core/host.ts';

/** The state of what is at a path; null where nothing is. What can be neither kept nor made (a socket) is an error. */
export async function fileState(at: string, objects: Objects | null): Promise<FileState | null> {
  try {
    return await stateOf(at, await lstat(at, { bigint: true }), objects);
  } catch (error) {
    // Gone before or while it is read: either way nothing is there.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

async function stateOf(at: string, stats: BigIntStats, objects: Objects | null): Promise<FileState> {
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
  if (!stats.isFile()) throw new HomeostatError('wrong_type', `${at} is neither a file, a folder nor a link`);
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
