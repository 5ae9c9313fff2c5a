import { type BigIntStats, lstatSync, opendirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { GitCopy, PathFacts } from '../core/host.ts';
import { isInside } from '../core/inside.ts';
import { type GitIndex, type IndexEntry, readGitIndex } from './git-index.ts';
import { repositoryOf } from './repository.ts';

/** The most files of a folder that are looked at one by one. */
const MOST_ENTRIES = 2000;

/** What stands at a path and whether git has a copy of it: a bounded look, never a walk of the disk. */
export function pathFacts(path: string): PathFacts {
  const at = join(realOrNamed(dirname(path)), basename(path));
  const stats = statsOf(at);
  if (stats === null) return { type: 'unknown', size: 0, git: null };
  if (stats === undefined) return { type: 'missing', size: 0, git: null };
  const type = typeOf(stats);
  return { type, size: type === 'directory' ? 0 : Number(stats.size), git: copyOf(at, stats) };
}

function copyOf(path: string, stats: BigIntStats): GitCopy | null {
  const repository = repositoryOf(stats.isDirectory() ? path : dirname(path));
  const index = repository === null ? null : readGitIndex(repository.index, repository.hashBytes);
  if (repository === null || index === null) return null;
  const { workTree } = repository;
  const name = bytesOf(relative(workTree, path));
  const holdsRepository = isInside(realOrNamed(repository.store), path);
  if (!stats.isDirectory()) {
    const entry = index.entries[firstFrom(index.entries, name)];
    const tracked = entry?.path === name;
    const clean = !tracked || isClean(entry, stats, index);
    return { tracked: tracked ? 1 : 0, clean, untracked: !tracked, holdsRepository };
  }
  const entries = below(index.entries, name === '' ? '' : `${name}/`);
  if (entries.length > MOST_ENTRIES)
    return { tracked: entries.length, clean: null, untracked: null, holdsRepository };
  const standsAsKnown = (entry: IndexEntry): boolean => {
    const found = statsOf(Buffer.from(`${bytesOf(workTree)}/${entry.path}`, 'latin1'));
    return found === undefined || (found !== null && isClean(entry, found, index));
  };
  return {
    tracked: entries.length,
    clean: entries.every(standsAsKnown),
    untracked: hasUntracked(workTree, name, entries),
    holdsRepository,
  };
}

/** Whether a file is as git last saw it, told as git tells it: by its times and size, where they can be trusted. */
function isClean(entry: IndexEntry, stats: BigIntStats, index: GitIndex): boolean {
  const kind = stats.isFile() ? 0o10 : stats.isSymbolicLink() ? 0o12 : 0;
  const mtime = nanoseconds(entry.mtime);
  return (
    entry.stored &&
    entry.mode >> 12 === kind &&
    (stats.size & 0xffff_ffffn) === BigInt(entry.size) &&
    stats.mtimeNs === mtime &&
    stats.ctimeNs === nanoseconds(entry.ctime) &&
    mtime < index.writtenNs
  );
}

const nanoseconds = ([seconds, rest]: readonly [number, number]): bigint =>
  BigInt(seconds) * 1_000_000_000n + BigInt(rest);

/** Whether a folder holds anything that git does not know; the first such name ends the search. */
function hasUntracked(workTree: string, folder: string, entries: readonly IndexEntry[]): boolean | null {
  const known = new Map<string, Set<string>>([[folder, new Set(folder === '' ? ['.git'] : [])]]);
  for (const { path } of entries) {
    for (let at = path; at !== folder;) {
      const cut = at.lastIndexOf('/');
      const parent = cut < 0 ? '' : at.slice(0, cut);
      const names = known.get(parent) ?? new Set();
      known.set(parent, names.add(at.slice(cut + 1)));
      at = parent;
    }
  }
  for (const [name, names] of known) {
    const holds = holdsOther(Buffer.from(`${bytesOf(workTree)}/${name}`, 'latin1'), names);
    if (holds !== false) return holds;
  }
  return false;
}

function holdsOther(folder: Buffer, known: ReadonlySet<string>): boolean | null {
  try {
    const open = opendirSync(folder, { encoding: 'latin1' });
    try {
      for (let entry = open.readSync(); entry !== null; entry = open.readSync())
        if (!known.has(entry.name)) return true;
      return false;
    } finally {
      open.closeSync();
    }
  } catch (error) {
    // A tracked folder that is gone holds nothing.
    return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '') ? false : null;
  }
}

/** The entries whose path begins so; they lie side by side. */
function below(entries: readonly IndexEntry[], prefix: string): readonly IndexEntry[] {
  const from = firstFrom(entries, prefix);
  let to = from;
  while (entries[to]?.path.startsWith(prefix) === true) to++;
  return entries.slice(from, to);
}

/** Where the first entry stands that is not before the path. */
function firstFrom(entries: readonly IndexEntry[], path: string): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.path ?? '') < path) low = middle + 1;
    else high = middle;
  }
  return low;
}

const bytesOf = (text: string): string => Buffer.from(text).toString('latin1');

function typeOf(stats: BigIntStats): PathFacts['type'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symlink' : 'other';
}

/** Undefined where nothing is there, null where that cannot be told. */
function statsOf(path: string | Buffer): BigIntStats | undefined | null {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR' ? undefined : null;
  }
}

function realOrNamed(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}
