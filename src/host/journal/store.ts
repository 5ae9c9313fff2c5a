import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HomeostatError } from '../../core/errors.ts';

/** Rules protect what begins so. */
export const STORE_NAME = '.homeostat-';

/**
 * The folder on a root's own file system that stages and pre-images lie in, one folder in it for each action: in the
 * state where that is the same file system, else beside the root, or in it where the root is a whole file system.
 * Throws `no_store` where none of them can be written.
 */
export function storeOf(root: string, stages: string): string {
  const device = deviceOf(root);
  mkdirSync(stages, { recursive: true, mode: 0o700 });
  if (deviceOf(stages) === device) return stages;
  const name = `${STORE_NAME}${process.getuid?.() ?? 0}`;
  for (const folder of [dirname(root), root]) {
    const store = join(folder, name);
    if (deviceOf(folder) === device && isMade(store)) return store;
  }
  throw new HomeostatError(
    'no_store',
    `${root} lies on another file system than the state, and no folder of our own can be made beside it or in it`,
  );
}

function isMade(store: string): boolean {
  try {
    mkdirSync(store, { recursive: true, mode: 0o700 });
    const stats = statSync(store);
    // Somebody else's folder of that name would let them reach what is kept.
    return stats.uid === process.getuid?.() && (stats.mode & 0o077) === 0;
  } catch {
    return false;
  }
}

const deviceOf = (path: string): bigint => statSync(path, { bigint: true }).dev;
