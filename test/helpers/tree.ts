import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

interface Seen {
  /** Type, mode, owner, and what the content is. */
  readonly what: string;
  /** A file's time in nanoseconds; a folder's and a link's are left out, since a change beside them moves them. */
  readonly time: bigint | null;
}

/** Every path below a folder: all that undo promises to put back. */
export type Tree = Record<string, Seen>;

/** Looks at a folder without the product's own eyes. */
export function treeOf(folder: string): Tree {
  const tree: Tree = {};
  const visit = (path: string, shown: string): void => {
    const stats = lstatSync(path, { bigint: true });
    const owner = `${(stats.mode & 0o7777n).toString(8)} ${stats.uid}:${stats.gid}`;
    const see = (what: string, time: bigint | null = null): void => void (tree[shown] = { what, time });
    if (stats.isDirectory()) {
      see(`folder ${owner}`);
      for (const name of readdirSync(path)) visit(join(path, name), join(shown, name));
    } else if (stats.isSymbolicLink()) see(`link ${stats.uid}:${stats.gid} → ${readlinkSync(path)}`);
    else if (stats.isFile()) {
      const digest = createHash('sha256').update(readFileSync(path)).digest('hex');
      see(`file ${owner} ${digest}`, stats.mtimeNs);
    } else see('other');
  };
  visit(folder, '.');
  return tree;
}

/** A file's time is set through a double of seconds, cut to a microsecond: up to 1.24 µs off. */
const EXACT_NS = 1500n;

/** Each path at which two trees differ, with what is there in both. */
export function differences(expected: Tree, actual: Tree): string[] {
  const paths = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return [...paths].toSorted().flatMap((path) => {
    const [a, b] = [expected[path], actual[path]];
    const apart = (a?.time ?? 0n) - (b?.time ?? 0n);
    if (a?.what === b?.what && apart <= EXACT_NS && apart >= -EXACT_NS) return [];
    const shown = (seen: Seen | undefined): string =>
      seen === undefined ? 'nothing' : `${seen.what} ${seen.time}`;
    return [`${path}: ${shown(a)}, now ${shown(b)}`];
  });
}
