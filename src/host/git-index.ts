import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** One path that git tracks, with what its file looked like when git last knew its content. */
export interface IndexEntry {
  /** Below the work tree, each byte as one character, so that names keep git's order and need not be UTF-8. */
  readonly path: string;
  /** Nanoseconds beside whole seconds. */
  readonly ctime: readonly [number, number];
  readonly mtime: readonly [number, number];
  readonly mode: number;
  /** The lower 32 bits of it. */
  readonly size: number;
  /** Whether the content named here is in the object store: not for a path in conflict or only announced. */
  readonly stored: boolean;
}

export interface GitIndex {
  /** In the order of their bytes. */
  readonly entries: readonly IndexEntry[];
  /** When the index was written; a file changed no earlier may differ unnoticed. */
  readonly writtenNs: bigint;
}

const MOST_BYTES = 32 * 1024 * 1024;
const MOST_CACHED = 4;
const HEADER = 12;
const STAT = 40;
const STAGE = 0x3000;
const EXTENDED = 0x4000;
const NAME = 0xfff;
const INTENT_TO_ADD = 0x2000;

const cache = new Map<string, { stamp: string; index: GitIndex | null }>();

/** The index of a repository as it now stands; null where there is none that can be read, or it is too large. */
export function readGitIndex(file: string, hashBytes: number): GitIndex | null {
  let descriptor;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    const stats = fstatSync(descriptor, { bigint: true });
    if (!stats.isFile() || stats.size > MOST_BYTES) return null;
    const stamp = `${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`;
    const known = cache.get(file);
    if (known?.stamp === stamp) return known.index;
    const entries = parseGitIndex(readFileSync(descriptor), hashBytes);
    const index = entries === null ? null : { entries, writtenNs: stats.mtimeNs };
    cache.delete(file);
    cache.set(file, { stamp, index });
    for (const oldest of cache.keys()) if (cache.size > MOST_CACHED) cache.delete(oldest);
    return index;
  } catch {
    return null;
  } finally {
    closeSync(descriptor);
  }
}

/** The entries of an index of version 2, 3 or 4; null for what is none, or needs another file to be understood. */
export function parseGitIndex(bytes: Buffer, hashBytes: number): IndexEntry[] | null {
  try {
    const version = bytes.readUInt32BE(4);
    const count = bytes.readUInt32BE(8);
    if (bytes.toString('latin1', 0, 4) !== 'DIRC' || version < 2 || version > 4) return null;
    if (count * (STAT + hashBytes) > bytes.length) return null;
    const entries: IndexEntry[] = [];
    let at = HEADER;
    for (let i = 0; i < count; i++) {
      const flags = bytes.readUInt16BE(at + STAT + hashBytes);
      const extended = (flags & EXTENDED) === 0 ? 0 : bytes.readUInt16BE(at + STAT + hashBytes + 2);
      const name = at + STAT + hashBytes + ((flags & EXTENDED) === 0 ? 2 : 4);
      const { path, next } =
        version === 4
          ? compressedName(bytes, name, entries.at(-1)?.path ?? '')
          : plainName(bytes, at, name, flags & NAME);
      const stored = (flags & STAGE) === 0 && (extended & INTENT_TO_ADD) === 0;
      entries.push({ path, ...statAt(bytes, at), stored });
      at = next;
    }
    return isComplete(bytes, at, bytes.length - hashBytes) ? entries : null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const statAt = (bytes: Buffer, at: number): Pick<IndexEntry, 'ctime' | 'mtime' | 'mode' | 'size'> => ({
  ctime: [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)],
  mtime: [bytes.readUInt32BE(at + 8), bytes.readUInt32BE(at + 12)],
  mode: bytes.readUInt32BE(at + 24),
  size: bytes.readUInt32BE(at + 36),
});

/** The end of a name; one that is not there would send the reader back to the start. */
function endOfName(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(0, from);
  if (end < 0) throw new RangeError('a name without an end');
  return end;
}

/** A name as it stands, its entry padded to a multiple of eight bytes. */
function plainName(bytes: Buffer, entry: number, name: number, length: number): Name {
  const end = length < NAME ? name + length : endOfName(bytes, name);
  return { path: bytes.toString('latin1', name, end), next: entry + ((end - entry + 8) & ~7) };
}

/** A name as what differs from the one before it: how much of that is dropped, and what follows instead. */
function compressedName(bytes: Buffer, from: number, before: string): Name {
  let at = from;
  let byte = bytes.readUInt8(at++);
  let dropped = byte & 0x7f;
  while ((byte & 0x80) !== 0) {
    byte = bytes.readUInt8(at++);
    dropped = ((dropped + 1) << 7) | (byte & 0x7f);
  }
  if (dropped < 0 || dropped > before.length) throw new RangeError('more is dropped than there was');
  const end = endOfName(bytes, at);
  return {
    path: before.slice(0, before.length - dropped) + bytes.toString('latin1', at, end),
    next: end + 1,
  };
}

interface Name {
  readonly path: string;
  readonly next: number;
}

/** Whether the entries are all there is: an extension in lower case must be understood, as a split index is not. */
function isComplete(bytes: Buffer, from: number, end: number): boolean {
  let at = from;
  while (at + 8 <= end) {
    const signature = bytes.toString('latin1', at, at + 4);
    if (/^[^A-Z]/.test(signature) && signature !== 'sdir') return false;
    at += 8 + bytes.readUInt32BE(at + 4);
  }
  return at === end;
}
