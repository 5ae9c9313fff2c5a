import { type Stats, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { RealPaths } from '../core/host.ts';

const MOST_LINKS = 40;

type Found = NonNullable<ReturnType<RealPaths['get']>>;

/**
 * The real path of the deepest part that exists, with the rest as it was named. Asked from the top down, each part once
 * in a look, since most paths of a line lie side by side and are still to be made.
 */
export function realPath(path: string, known: RealPaths = new Map()): string {
  return descend(resolve(path), known, { links: MOST_LINKS }).path;
}

function descend(path: string, known: RealPaths, left: { links: number }): Found {
  const before = known.get(path);
  if (before !== undefined) return before;
  const cut = path.lastIndexOf('/');
  const name = path.slice(cut + 1);
  if (name === '') return { path: '/', isFolder: true };
  const folder = descend(cut === 0 ? '/' : path.slice(0, cut), known, left);
  const at = folder.path === '/' ? `/${name}` : `${folder.path}/${name}`;
  const found = folder.isFolder ? look(at, folder.path, known, left) : { path: at, isFolder: false };
  // Where the links were too many, another way to the same path may have enough left.
  if (left.links > 0) known.set(path, found);
  return found;
}

function look(at: string, folder: string, known: RealPaths, left: { links: number }): Found {
  const stats = statsOf(at);
  if (stats === undefined) return { path: at, isFolder: false };
  if (!stats.isSymbolicLink()) return { path: spelled(at), isFolder: stats.isDirectory() };
  const target = left.links > 0 ? targetOf(at) : null;
  if (target === null) return { path: at, isFolder: false };
  left.links--;
  let found: Found = { path: target.startsWith('/') ? '/' : folder, isFolder: true };
  // Part by part, since `..` goes up from where a link leads. A link to nothing leads to where a write through it would
  // make something.
  for (const part of target.split('/')) {
    if (part === '..') found = { path: dirname(found.path), isFolder: true };
    else if (part !== '' && part !== '.') found = descend(resolve(found.path, part), known, left);
  }
  return found;
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function targetOf(link: string): string | null {
  try {
    return readlinkSync(link);
  } catch {
    return null;
  }
}

/** On a Mac one file may be named in several cases of letters. */
function spelled(path: string): string {
  if (process.platform === 'linux') return path;
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}
