import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Every path below a folder in one line of text each: all that undo promises to put back. */
export type Tree = Record<string, string>;

/**
 * Looks at a folder without the product's own eyes. A file's time is told to the microsecond, which is as
 * exact as it can be set; a folder's is left out, since a change below it moves it.
 */
export function treeOf(folder: string, { times = true } = {}): Tree {
  const tree: Tree = {};
  const visit = (path: string, shown: string): void => {
    const stats = lstatSync(path, { bigint: true });
    const owner = `${(stats.mode & 0o7777n).toString(8)} ${stats.uid}:${stats.gid}`;
    const time = times ? ` ${(stats.mtimeNs + 500n) / 1000n}` : '';
    if (stats.isDirectory()) {
      tree[shown] = `folder ${owner}`;
      for (const name of readdirSync(path)) visit(join(path, name), join(shown, name));
    } else if (stats.isSymbolicLink()) tree[shown] = `link ${stats.uid}:${stats.gid} → ${readlinkSync(path)}`;
    else if (stats.isFile())
      tree[shown] = `file ${owner} ${createHash('sha256').update(readFileSync(path)).digest('hex')}${time}`;
    else tree[shown] = 'other';
  };
  visit(folder, '.');
  return tree;
}
