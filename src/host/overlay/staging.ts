import { mkdirSync, renameSync, unlinkSync } from 'node:fs';
import { fsPath } from '../journal/print.ts';
import { removeXattr, setTimes } from '../syscalls.ts';
import type { UpperInode } from './inodes.ts';
import { type Layer, type UpperEntry, isNew, placeOf } from './layer.ts';
import { latin1 } from './lower.ts';

const NANOSECONDS = 1_000_000n;

/**
 * Makes the upper layer's entries what they are to be in the root: without the overlay's attributes, and new folders
 * without that which stands for something in the lower layer. Gives the new folders that entries will have to be
 * put into, and for each inode that is to be written into a lower one the entry that has its content.
 */
export function prepare(
  { entries }: Layer,
  inodes: readonly UpperInode[],
  folder: string,
): { unfinished: ReadonlySet<UpperEntry>; contents: ReadonlyMap<UpperInode, UpperEntry> } {
  const base = latin1(folder);
  const pathOf = (at: string): Buffer | string => fsPath(`${base}/${at}`);
  const unfinished = new Set<UpperEntry>();
  const contents = new Map<UpperInode, UpperEntry>();
  const kept = new Set<UpperEntry>();
  // An inode has several names, but its attributes once.
  const stripped = new Set<string>();
  let moved = 0;

  const moveOut = (entry: UpperEntry): void => {
    if (moved === 0) mkdirSync(pathOf('moved'), { recursive: true });
    const to = `moved/${moved}`;
    moved += 1;
    renameSync(pathOf(placeOf(entry)), pathOf(to));
    entry.movedTo = to;
  };

  for (const inode of inodes) {
    if (inode.kept === null) continue;
    const inNewFolders = inode.names.filter(({ parent }) => isNew(parent));
    if (inode.kept.rewritten) {
      const content = inode.names.find(({ parent }) => !isNew(parent)) ?? inode.names[0];
      contents.set(inode, content);
    }
    for (const name of inNewFolders) {
      if (contents.get(inode) === name) moveOut(name);
      else unlinkSync(pathOf(placeOf(name)));
      if (name.parent !== null) unfinished.add(name.parent);
    }
    for (const name of inode.names) kept.add(name);
  }
  for (const entry of entries) {
    if (entry.source !== null) {
      if (!isNew(entry.parent) || entry.parent === null) continue;
      moveOut(entry);
      unfinished.add(entry.parent);
    } else if (!kept.has(entry)) {
      for (const name of entry.whiteouts) unlinkSync(pathOf(`${placeOf(entry)}/${name}`));
      if (entry.whiteouts.length > 0) unfinished.add(entry);
      if (!stripped.has(entry.print.ino))
        for (const name of entry.ownXattrs) removeXattr(pathOf(placeOf(entry)), name);
      stripped.add(entry.print.ino);
    }
  }
  for (const entry of unfinished) {
    const now = BigInt(Date.now()) * NANOSECONDS;
    setTimes(pathOf(placeOf(entry)), now, BigInt(entry.print.mtime_ns));
  }
  return { unfinished, contents };
}
