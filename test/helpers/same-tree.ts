import { expect } from 'vitest';
import type { Part } from '../../src/core/plan.ts';
import { belowDigest } from '../../src/host/journal/print.ts';
import { type Told, manifestOf } from './manifest.ts';
import type { Overlay } from './overlay.ts';

/** Where the data of a file is, as pairs of start and end. */
const dataBytes = ({ data }: Told): number =>
  ((data ?? []) as [number, number][]).reduce((sum, [start, end]) => sum + end - start, 0);

/**
 * Expects the root to be what the copy is; that something was changed during the test is all that is told of when, and
 * a file may have more holes.
 */
export function expectSameTree(overlay: Overlay, startedNs: bigint): void {
  const [root, copy] = [manifestOf(overlay.root), manifestOf(overlay.copy)];
  const told = (tree: Readonly<Record<string, Told>>): Record<string, Told> =>
    Object.fromEntries(
      Object.entries(tree).map(([path, entry]) => {
        const isNew = BigInt(entry.mtime_ns) >= startedNs;
        return [path, { ...entry, data: null, mtime_ns: isNew ? 'new' : entry.mtime_ns }];
      }),
    );
  expect(told(root)).toEqual(told(copy));
  const lostHoles = Object.keys(root).filter((path) => {
    const [is, was] = [root[path], copy[path]];
    return is !== undefined && was !== undefined && dataBytes(is) > dataBytes(was);
  });
  expect(lostHoles).toEqual([]);
}

/** Expects new folders to hold, once the steps are done, what the steps tell of them; answers which they tell of. */
export function expectFilled({ root, steps }: Part): string[] {
  return steps.flatMap((step) => {
    if (step.do !== 'put' || step.filled === undefined) return [];
    expect(belowDigest(Buffer.from(`${root}/${step.path}`, 'latin1'))).toMatchObject(step.filled);
    return [step.path];
  });
}
