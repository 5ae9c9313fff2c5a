import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { HomeostatError } from '../../core/errors.ts';
import { isInside } from '../../core/inside.ts';
import type { Layer } from '../../core/sandbox.ts';
import { dress } from '../journal/dress.ts';
import { printOf } from '../journal/print.ts';
import { type GitGuards, gitGuards, makePoints } from './git-guards.ts';
import type { Mount } from './mounts.ts';

/** A root as it is shown in the box. */
export interface Overlay extends Layer {
  readonly guards: GitGuards;
  /** Whether there is an empty layer below the root that provides places for guards. */
  readonly points: boolean;
  /** Other file systems below the root. An overlay does not show them; they are shown read-only. */
  readonly nested: readonly string[];
}

/**
 * Makes the folders of each layer. A root inside another on the same file system needs no overlay of its own: what is
 * written there lies in the outer one's, and its own stays empty.
 */
export function prepareLayers(layers: readonly Layer[], mounts: readonly Mount[]): Overlay[] {
  const sorted = layers.toSorted((a, b) => a.root.length - b.root.length);
  for (const layer of sorted) makeFolders(layer);
  const points = mounts.map(({ point }) => point);
  const mountOf = (path: string): string =>
    points.filter((point) => isInside(path, point)).reduce((a, b) => (b.length > a.length ? b : a), '/');
  const outer = sorted.filter(
    ({ root }) =>
      !sorted.some((o) => o.root !== root && isInside(root, o.root) && mountOf(o.root) === mountOf(root)),
  );
  const roots = new Set(outer.map(({ root }) => root));
  return outer.map((layer) => {
    const guards = gitGuards(layer.root);
    const nested = points.filter((p) => p !== layer.root && isInside(p, layer.root) && !roots.has(p));
    return {
      ...layer,
      guards,
      points: makePoints(layer.folder, guards) !== null,
      nested: [...new Set(nested)].toSorted(),
    };
  });
}

function makeFolders({ root, folder }: Layer): void {
  if (real(root) !== root)
    throw new HomeostatError(
      'unsafe_root',
      `${root} is no folder, or is reached by a symbolic link; name the folder itself`,
    );
  for (const name of ['upper', 'work']) mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
  // What the root itself looks like is told by the upper layer.
  const upper = Buffer.from(join(folder, 'upper'));
  const [own, wanted] = [printOf(upper), printOf(root)];
  if (own === null || wanted === null) return;
  // An ordinary user may work in another's folder, but cannot give one away.
  const owner = process.getuid?.() === 0 ? {} : { uid: own.uid, gid: own.gid };
  dress(upper, own, { ...wanted, ...owner });
}

function real(path: string): string | null {
  try {
    return lstatSync(path).isDirectory() ? realpathSync.native(path) : null;
  } catch {
    return null;
  }
}
