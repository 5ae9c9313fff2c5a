import { type Dirent, lstatSync, opendirSync } from 'node:fs';
import { join } from 'node:path';
import type { Extent } from '../core/host.ts';

/** Counts files and bytes below paths until the time is up; links are counted, not followed. */
export function extentOf(paths: readonly string[], ms: number): Extent {
  const until = performance.now() + ms;
  const queue = [...paths];
  let files = 0;
  let bytes = 0;
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (performance.now() > until) return { files, bytes, whole: false };
    try {
      const stats = lstatSync(path, { throwIfNoEntry: false });
      if (stats === undefined) continue;
      if (!stats.isDirectory()) {
        files++;
        bytes += stats.size;
        continue;
      }
      const folder = opendirSync(path);
      try {
        for (let entry: Dirent | null; (entry = folder.readSync()) !== null;) {
          queue.push(join(path, entry.name));
          if (performance.now() > until) return { files, bytes, whole: false };
        }
      } finally {
        folder.closeSync();
      }
    } catch {
      // What may not be looked at is not counted.
    }
  }
  return { files, bytes, whole: true };
}
