import { type BigIntStats, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';
import type { FileState } from '../core/effects.ts';
import { HomeostatError } from '../core/errors.ts';
import { MANIFEST, type Manifest, type Objects } from '../core/host.ts';
import { type FolderMemory, type Remembered, UNSURE, recall, remember } from './scan-memory.ts';

export interface ScanLimits {
  readonly files: number;
  readonly bytes: number;
}

/** How long a scan may keep everything else in this process waiting. */
const SLICE_MS = 8;

/** A file changed within this time of being hashed may change again without its times moving. */
const SETTLED_NS = 50_000_000n;
/** Times in whole seconds come from file systems that know no shorter ones (HFS+, FAT). */
const SECOND_NS = 1_000_000_000n;

/** Whether what was hashed at that time is what these times will vouch for later. */
const isSettled = (stats: BigIntStats, atMs: number): boolean =>
  BigInt(atMs) * 1_000_000n - stats.ctimeNs >
  (stats.ctimeNs % SECOND_NS === 0n ? 2n * SECOND_NS : SETTLED_NS);

interface Scan {
  readonly root: string;
  readonly objects: Objects;
  readonly limits: ScanLimits;
  readonly signal: AbortSignal;
  readonly restMs: number;
  readonly skipped: string[];
  /** Folders still to be looked into. */
  readonly ahead: string[];
  count: number;
  bytes: number;
  since: number;
}

interface Seen {
  readonly name: string;
  readonly path: string;
  readonly stats: BigIntStats;
  readonly stamp: string;
  readonly looked: number;
}

/**
 * Every path below the root: for each folder an object that lists its entries, and each file's content as an
 * object. What a former scan vouches for (same inode, size, times, mode and owner) is not read again, and a folder
 * in which all is as it was is not listed again. Throws `too_large` past a limit.
 * With `restMs` it lets go of the processor as long after each slice of work.
 */
export async function scanRoot(
  root: string,
  objects: Objects,
  cacheFolder: string,
  limits: ScanLimits,
  signal: AbortSignal,
  restMs = 0,
): Promise<Manifest> {
  const scan: Scan = {
    root,
    objects,
    limits,
    signal,
    restMs,
    skipped: [],
    ahead: [root],
    count: 0,
    bytes: 0,
    since: performance.now(),
  };
  const known = recall(cacheFolder, root);
  const fresh = new Map<string, FolderMemory>();
  let news = false;
  for (let folder = scan.ahead.pop(); folder !== undefined; folder = scan.ahead.pop()) {
    const name = relative(root, folder);
    const seen = await lookInto(folder, scan);
    const before = known.get(name);
    const same = before !== undefined && isSame(before, seen);
    fresh.set(name, same ? before : await list(seen, before, scan));
    news ||= !same;
  }
  remember(cacheFolder, root, fresh, news || known.size !== fresh.size);
  const folders = [...fresh].map(([name, { object }]) => [name, MANIFEST + object] as const);
  return { root, folders, skipped: scan.skipped, bytes: scan.bytes };
}

const isSame = (known: FolderMemory, seen: readonly Seen[]): boolean =>
  known.entries.length === seen.length &&
  known.entries.every(([name, stamp], n) => seen[n]?.name === name && seen[n].stamp === stamp);

/** What stands in a folder, by name; what cannot be put back is named as skipped. */
async function lookInto(folder: string, scan: Scan): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (const name of namesIn(folder, scan.skipped)) {
    await turn(scan);
    const path = join(folder, name);
    const looked = Date.now();
    const stats = statOf(path, scan.skipped);
    if (stats === null) continue;
    scan.count++;
    if (stats.isFile()) scan.bytes += Number(stats.size);
    if (scan.count > scan.limits.files || scan.bytes > scan.limits.bytes) {
      throw new HomeostatError(
        'too_large',
        `${scan.root} has over ${scan.limits.files} entries or ${scan.limits.bytes} bytes`,
      );
    }
    if (stats.isDirectory()) scan.ahead.push(path);
    else if (!stats.isFile() && !stats.isSymbolicLink()) {
      scan.skipped.push(path);
      continue;
    }
    seen.push({ name, path, stats, stamp: stampOf(stats), looked });
  }
  return seen;
}

/** Keeps the contents of a folder's files, and its listing, as objects. */
async function list(
  seen: readonly Seen[],
  known: FolderMemory | undefined,
  scan: Scan,
): Promise<FolderMemory> {
  const vouched = new Map(known?.entries.map(([, stamp, digest]) => [stamp, digest]));
  const listing: [string, FileState][] = [];
  const entries: Remembered[] = [];
  for (const one of seen) {
    await turn(scan);
    const state = await stateOf(one, vouched.get(one.stamp) ?? null, scan);
    if (state === null) continue;
    listing.push([one.name, state]);
    // A folder's stamp holds all that is told of it; a file's or link's vouches for what was read.
    const sure = state.type === 'directory' || isSettled(one.stats, one.looked);
    entries.push([one.name, sure ? one.stamp : UNSURE, state.digest ?? null]);
  }
  return { object: await scan.objects.put(Buffer.from(JSON.stringify(listing))), entries };
}

async function stateOf(
  { path, stats }: Seen,
  vouched: string | null,
  { objects, skipped }: Scan,
): Promise<FileState | null> {
  const state = {
    mode: Number(stats.mode & 0o7777n),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtime_ns: String(stats.mtimeNs),
    size: Number(stats.size),
  };
  if (stats.isDirectory()) return { type: 'directory', ...state, size: 0 };
  try {
    if (stats.isSymbolicLink()) return { type: 'symlink', ...state, target: readlinkSync(path) };
    return { type: 'file', ...state, digest: vouched ?? (await objects.putFile(path)).digest };
  } catch (error) {
    if (error instanceof HomeostatError) throw error;
    // Unreadable or gone since: it cannot be preserved, and the manifest says so.
    skipped.push(path);
    return null;
  }
}

/** Lets everything else in this process have its turn, and ends where the scan is to end. */
async function turn(scan: Scan): Promise<void> {
  if (performance.now() - scan.since < SLICE_MS) return;
  await (scan.restMs === 0
    ? breathe(undefined, { signal: scan.signal })
    : sleep(scan.restMs, undefined, { signal: scan.signal }));
  scan.since = performance.now();
}

const stampOf = (s: BigIntStats): string =>
  `${s.dev}:${s.ino}:${s.size}:${s.mtimeNs}:${s.ctimeNs}:${s.mode}:${s.uid}:${s.gid}`;

/** Null where nothing is there, or where no system call reaches it by name, which is then named. */
function statOf(path: string, skipped: string[]): BigIntStats | null {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch {
    skipped.push(path);
    return null;
  }
}

/** Sorted, so that equal folders have equal listings. Names that are not UTF-8 cannot be put back by a string. */
function namesIn(folder: string, skipped: string[]): string[] {
  let names: Buffer[];
  try {
    names = readdirSync(folder, { encoding: 'buffer' });
  } catch {
    skipped.push(folder);
    return [];
  }
  return names
    .flatMap((raw) => {
      const name = raw.toString('utf8');
      if (Buffer.from(name, 'utf8').equals(raw)) return [name];
      skipped.push(join(folder, name));
      return [];
    })
    .toSorted();
}
