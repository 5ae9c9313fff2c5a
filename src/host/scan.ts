import { createHash } from 'node:crypto';
import {
  type BigIntStats,
  lstatSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import type { FileState } from '../core/effects.ts';
import { HomeostatError } from '../core/errors.ts';
import type { Manifest, Objects } from '../core/host.ts';

/** What is remembered of a file's last scan: the stat that vouches for the digest. */
type Remembered = Record<string, { stamp: string; digest: string }>;

export interface ScanLimits {
  readonly files: number;
  readonly bytes: number;
}

/** A file changed within this time of being hashed may change again without its times moving. */
const SETTLED_NS = 50_000_000n;

/** Whether what was hashed at that time is what these times will vouch for later. */
const isSettled = (stats: BigIntStats, atMs: number): boolean =>
  BigInt(atMs) * 1_000_000n - stats.ctimeNs > SETTLED_NS;

/**
 * Every path below the root, each file's content kept as an object. Files that a former scan vouches for
 * (same inode, size and times) are not read again. Throws `too_large` past a limit.
 */
export async function scanRoot(
  root: string,
  objects: Objects,
  cacheFolder: string,
  limits: ScanLimits,
  signal: AbortSignal,
): Promise<Manifest> {
  const cacheFile = join(cacheFolder, `${createHash('sha256').update(root).digest('hex')}.json`);
  const known = readCache(cacheFile);
  const fresh: Remembered = {};
  const entries: Record<string, FileState> = {};
  const skipped: string[] = [];
  const folders = [root];
  let bytes = 0;
  let count = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of namesIn(folder, skipped)) {
      if (++count % 32 === 0) await breathe(undefined, { signal });
      const path = join(folder, name);
      const looked = Date.now();
      const stats = statOf(path, skipped);
      if (stats === null) continue;
      const state = baseState(stats);
      if (stats.isFile()) bytes += state.size;
      if (count > limits.files || bytes > limits.bytes) {
        throw new HomeostatError(
          'too_large',
          `${root} has over ${limits.files} entries or ${limits.bytes} bytes`,
        );
      }
      if (stats.isDirectory()) {
        folders.push(path);
        entries[path] = { ...state, type: 'directory', size: 0 };
      } else if (stats.isSymbolicLink()) {
        entries[path] = { ...state, type: 'symlink', target: readlinkSync(path) };
      } else if (stats.isFile()) {
        const digest = await digestOf(path, stats, known, objects, skipped);
        if (digest === null) continue;
        entries[path] = { ...state, type: 'file', digest };
        if (isSettled(stats, looked)) fresh[path] = { stamp: stampOf(stats), digest };
      } else skipped.push(path);
    }
  }
  await writeCache(cacheFolder, cacheFile, fresh);
  return { root, entries, skipped, bytes };
}

async function digestOf(
  path: string,
  stats: BigIntStats,
  known: Remembered,
  objects: Objects,
  skipped: string[],
): Promise<string | null> {
  const remembered = known[path];
  if (remembered?.stamp === stampOf(stats)) return remembered.digest;
  try {
    return (await objects.putFile(path)).digest;
  } catch (error) {
    if (error instanceof HomeostatError) throw error;
    // Unreadable or gone since: it cannot be preserved, and the manifest says so.
    skipped.push(path);
    return null;
  }
}

const baseState = (stats: BigIntStats): Omit<FileState, 'type'> => ({
  mode: Number(stats.mode & 0o7777n),
  uid: Number(stats.uid),
  gid: Number(stats.gid),
  mtime_ns: String(stats.mtimeNs),
  size: Number(stats.size),
});

const stampOf = (s: BigIntStats): string => [s.dev, s.ino, s.size, s.mtimeNs, s.ctimeNs].join(':');

/** Null where nothing is there, or where no system call reaches it by name, which is then named. */
function statOf(path: string, skipped: string[]): BigIntStats | null {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch {
    skipped.push(path);
    return null;
  }
}

/** Names that are not UTF-8 cannot be put back by a string, so they are skipped and named. */
function namesIn(folder: string, skipped: string[]): string[] {
  let names: Buffer[];
  try {
    names = readdirSync(folder, { encoding: 'buffer' });
  } catch {
    skipped.push(folder);
    return [];
  }
  return names.flatMap((raw) => {
    const name = raw.toString('utf8');
    if (Buffer.from(name, 'utf8').equals(raw)) return [name];
    skipped.push(join(folder, name));
    return [];
  });
}

function readCache(file: string): Remembered {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Remembered;
  } catch {
    return {};
  }
}

/** Only a cache: losing it costs one slow scan, so it is not synced. */
async function writeCache(folder: string, file: string, fresh: Remembered): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    writeFileSync(temporary, JSON.stringify(fresh), { mode: 0o600 });
    renameSync(temporary, file);
  } catch {
    rmSync(temporary, { force: true });
  }
}
