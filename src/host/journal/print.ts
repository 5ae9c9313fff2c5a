import { createHash } from 'node:crypto';
import { type BigIntStats, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import type { Print } from '../../core/plan.ts';
import { getXattr, listXattrs } from '../syscalls.ts';

/** An entry as it stands, and apart from that what an overlay has written on it for itself. */
export interface Entry {
  readonly print: Print;
  /** Values by name, of the names that start with one of `OVERLAYS_OWN`. */
  readonly marks: ReadonlyMap<string, Buffer>;
}

export const OVERLAYS_OWN = ['trusted.overlay.', 'user.overlay.'] as const;

const NOTHING_THERE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);
const NO_MARKS: ReadonlyMap<string, Buffer> = new Map();

/** What stands at a path, which is not followed where it is a link; null where nothing is. */
export function printOf(path: Buffer | string): Print | null {
  return entryAt(path)?.print ?? null;
}

/** The same with the overlay's own attributes. */
export function entryAt(path: Buffer | string): Entry | null {
  try {
    const stats = lstatSync(path, { bigint: true });
    const print = fromStats(stats);
    if (stats.isSymbolicLink()) print.target = readlinkSync(path, { encoding: 'latin1' });
    const names = listXattrs(path);
    if (names.length === 0) return { print, marks: NO_MARKS };
    const marks = new Map<string, Buffer>();
    const xattrs: Record<string, string> = {};
    for (const name of names.toSorted()) {
      const value = getXattr(path, name);
      if (value === null) continue;
      if (OVERLAYS_OWN.some((prefix) => name.startsWith(prefix))) marks.set(name, value);
      else xattrs[name] = value.toString('base64');
    }
    if (Object.keys(xattrs).length > 0) print.xattrs = xattrs;
    return { print, marks };
  } catch (error) {
    if (NOTHING_THERE.has((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

function fromStats(stats: BigIntStats): Print {
  const type = typeOf(stats);
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
    ...(type === 'device' ? { rdev: String(stats.rdev) } : {}),
  };
}

function typeOf(stats: BigIntStats): Print['type'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFIFO()) return 'fifo';
  return stats.isSocket() ? 'socket' : 'device';
}

/** All that is below a folder, so that one can tell whether it is still what it was. */
export interface Below {
  readonly entries: number;
  /** SHA-256, hexadecimal, of every path with what `lstat` says of it. */
  readonly digest: string;
  /** Bytes of its files. */
  readonly bytes: number;
  /** Whether one of its files runs with somebody else's rights. */
  readonly setid: boolean;
  /** When anything in it was changed last; 0 where it is empty. */
  readonly newestCtimeNs: bigint;
}

/**
 * Looks at everything below a folder; no link is followed, and an unreadable folder is an error. Times that a rename
 * there and back moves do not count: of inodes' own changes, and of folders.
 */
export function belowDigest(folder: Buffer | string): Below {
  const start = Buffer.isBuffer(folder) ? folder.toString('latin1') : Buffer.from(folder).toString('latin1');
  let newestCtimeNs = 0n;
  const digested = digestOf((inner) =>
    readdirSync(fsPath(start + inner), { encoding: 'latin1' })
      .toSorted()
      .map((name) => {
        const stats = lstatSync(fsPath(`${start}${inner}/${name}`), { bigint: true });
        if (stats.ctimeNs > newestCtimeNs) newestCtimeNs = stats.ctimeNs;
        const { ino, mode, uid, gid, size, mtimeNs } = stats;
        const type = stats.isDirectory() ? 'directory' : stats.isFile() ? 'file' : 'other';
        return { name, type, ino, mode, uid, gid, size, mtimeNs };
      }),
  );
  return { ...digested, newestCtimeNs };
}

/** What `lstat` says of an entry, its whole `st_mode` among it. */
export interface Row {
  readonly name: string;
  readonly type: 'directory' | 'file' | 'other';
  readonly ino: bigint | string;
  readonly mode: bigint | number;
  readonly uid: bigint | number;
  readonly gid: bigint | number;
  readonly size: bigint | number;
  readonly mtimeNs: bigint | string;
}

/** The digest of what lies below a folder. Paths in it are '' and `/a/b`; the rows are in the order of their names. */
export function digestOf(rowsIn: (inner: string) => readonly Row[]): Omit<Below, 'newestCtimeNs'> {
  const hash = createHash('sha256');
  const below = { entries: 0, bytes: 0, setid: false };
  const visit = (inner: string): void => {
    let lines = '';
    const folders: string[] = [];
    for (const { name, type, ino, mode, uid, gid, size, mtimeNs } of rowsIn(inner)) {
      // A name can hold a line break, but no zero byte.
      const content = type === 'directory' ? '' : `${size} ${mtimeNs}`;
      lines += `${name}\0${ino} ${mode} ${uid} ${gid} ${content}\n`;
      below.entries += 1;
      if (type === 'file') {
        below.bytes += Number(size);
        below.setid ||= isSetId(Number(mode));
      }
      if (type === 'directory') folders.push(`${inner}/${name}`);
    }
    hash.update(`${inner}\0\0${lines}`, 'latin1');
    for (const at of folders) visit(at);
  };
  visit('');
  return { ...below, digest: hash.digest('hex') };
}

/** Whether a file with that mode runs with the rights of its owner or group. */
export const isSetId = (mode: number): boolean => (mode & 0o6000) !== 0;

/** A path in latin1 as fs takes it: its bytes, or the same text where that costs less. */
export function fsPath(path: string): Buffer | string {
  return /[^\0-\x7f]/.test(path) ? Buffer.from(path, 'latin1') : path;
}
