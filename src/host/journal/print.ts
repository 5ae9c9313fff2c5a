import { type BigIntStats, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { createHash } from 'node:crypto';
import type { Print } from '../../core/plan.ts';
import { getXattr, listXattrs } from '../syscalls.ts';

const OVERLAY = /^(trusted|user)\.overlay\./;

/** What stands at a path, told without reading it; null where nothing does. A link at its end is not followed. */
export function printOf(path: Buffer): Print | null {
  let stats: BigIntStats;
  try {
    stats = lstatSync(path, { bigint: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
  const type = typeOf(stats);
  const xattrs = xattrsOf(path);
  return {
    type,
    ino: String(stats.ino),
    mtime_ns: String(stats.mtimeNs),
    ctime_ns: String(stats.ctimeNs),
    mode: Number(stats.mode & 0o7777n),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    size: type === 'file' ? Number(stats.size) : 0,
    links: Number(stats.nlink),
    ...(type === 'symlink' ? { target: readlinkSync(path, 'latin1') } : {}),
    ...(type === 'device' ? { rdev: String(stats.rdev) } : {}),
    ...(Object.keys(xattrs).length > 0 ? { xattrs } : {}),
  };
}

function typeOf(stats: BigIntStats): Print['type'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFIFO()) return 'fifo';
  return stats.isSocket() ? 'socket' : 'device';
}

function xattrsOf(path: Buffer): Record<string, string> {
  const names = listXattrs(path).filter((name) => !OVERLAY.test(name));
  return Object.fromEntries(names.map((name) => [name, getXattr(path, name)?.toString('base64') ?? '']));
}

/** Everything below a folder, so that a later look tells whether any of it was changed or even written as it was. */
export const belowDigest = (folder: Buffer): { entries: number; digest: string } => digest(folder, true);

/** The same without the times of the inodes' own changes, which a rename there and back moves. */
export const contentDigest = (folder: Buffer): { entries: number; digest: string } => digest(folder, false);

function digest(folder: Buffer, strict: boolean): { entries: number; digest: string } {
  const hash = createHash('sha256');
  let entries = 0;
  const walk = (at: Buffer, path: string): void => {
    const found = readdirSync(at, { encoding: 'latin1' }).toSorted();
    for (const name of found) {
      const entry = Buffer.concat([at, Buffer.from(`/${name}`, 'latin1')]);
      const stats = lstatSync(entry, { bigint: true });
      const times = stats.isDirectory()
        ? ''
        : `${stats.size} ${stats.mtimeNs} ${strict ? stats.ctimeNs : ''}`;
      hash.update(
        `${path}/${name}\0${stats.ino} ${stats.mode} ${stats.uid} ${stats.gid} ${times}\n`,
        'latin1',
      );
      entries++;
      if (stats.isDirectory()) walk(entry, `${path}/${name}`);
    }
  };
  walk(folder, '');
  return { entries, digest: hash.digest('hex') };
}
