import { expect } from 'vitest';
import type { Overlay, Told } from './overlay.ts';

/** Expects the root to be what the copy is; that something was changed during the test is all that is told of when. */
export function expectSameTree(overlay: Overlay, startedNs: bigint): void {
  const told = (folder: string): Record<string, Told> =>
    Object.fromEntries(
      Object.entries(overlay.manifest(folder)).map(([path, entry]) => {
        const isNew = BigInt(entry.mtime_ns) >= startedNs;
        return [path, { ...entry, mtime_ns: isNew ? 'new' : entry.mtime_ns }];
      }),
    );
  expect(told(overlay.root)).toEqual(told(overlay.copy));
}
