import { lstatSync, readdirSync } from 'node:fs';
import { fsPath } from '../journal/print.ts';
import { joined } from './lower.ts';

/** Every path below a folder, relative to it, folders before what they hold; no link is followed. Latin1. */
export function* pathsBelow(folder: string): Generator<{ path: string; type: 'directory' | 'other' }> {
  const waiting = [''];
  for (let inner = waiting.pop(); inner !== undefined; inner = waiting.pop()) {
    const entries = readdirSync(fsPath(joined(folder, inner)), { encoding: 'latin1', withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = joined(inner, entry.name);
      yield { path, type: entry.isDirectory() ? 'directory' : 'other' };
      if (entry.isDirectory()) waiting.push(path);
    }
  }
}

/** How much lies below a folder, counted up to so many entries. */
export function sizeBelow(folder: string, most: number): { entries: number; bytes: number } {
  const size = { entries: 0, bytes: 0 };
  for (const { path, type } of pathsBelow(folder)) {
    size.entries += 1;
    const stats = type === 'other' ? lstatSync(fsPath(`${folder}/${path}`)) : null;
    if (stats?.isFile() === true) size.bytes += stats.size;
    if (size.entries >= most) break;
  }
  return size;
}
