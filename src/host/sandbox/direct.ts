import { dirname } from 'node:path';
import { isInside } from '../../core/inside.ts';
import type { Mount } from './mounts.ts';

/** Roots that a box shows as they stand, without an overlay. */
export interface Direct {
  /** Read-only. */
  readonly roots: readonly string[];
  /** Folders in them that are written to. */
  readonly writes: readonly string[];
  /** Read-only again, below `writes`. */
  readonly closed: readonly string[];
}

export const NOTHING_DIRECT: Direct = { roots: [], writes: [], closed: [] };

/** The same with other file systems below `writes` closed, as they are over an overlay. */
export const withNested = (direct: Direct, mounts: readonly Mount[]): Direct => ({
  ...direct,
  closed: [
    ...direct.closed,
    ...mounts
      .map(({ point }) => point)
      .filter((point) => direct.writes.some((folder) => point !== folder && isInside(point, folder))),
  ],
});

/** Arguments of bubblewrap; what lies in another comes after it, and so on top of it. */
export function showDirect({ roots, writes, closed }: Direct): string[] {
  const shown = [
    ...roots.map((path) => ['--ro-bind', path] as const),
    ...writes.map((path) => ['--bind', path] as const),
    ...pinned(writes, closed).map((path) => ['--bind', path] as const),
    ...closed.map((path) => ['--ro-bind', path] as const),
  ];
  return shown.toSorted(([, a], [, b]) => a.length - b.length).flatMap(([how, path]) => [how, path, path]);
}

/** The folders between: a mount of their own, so that they cannot be renamed with what is closed in them. */
function pinned(writes: readonly string[], closed: readonly string[]): string[] {
  const found = new Set<string>();
  for (const path of closed)
    for (let up = dirname(path); writes.some((w) => up !== w && isInside(up, w)); up = dirname(up))
      found.add(up);
  for (const path of [...writes, ...closed]) found.delete(path);
  return [...found];
}
