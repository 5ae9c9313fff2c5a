import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HomeostatError } from '../../core/errors.ts';

/**
 * The folder on a root's own file system that stages and pre-images lie in, one folder in it for each action: in the
 * state where that is the same file system, else beside the root. Throws `no_store` where neither is to be had.
 */
export function storeOf(root: string, stages: string): string {
  const device = deviceOf(root);
  mkdirSync(stages, { recursive: true, mode: 0o700 });
  if (deviceOf(stages) === device) return stages;
  const beside = join(dirname(root), `.homeostat-${process.getuid?.() ?? 0}`);
  if (deviceOf(dirname(root)) === device && dirname(root) !== root) {
    try {
      mkdirSync(beside, { recursive: true, mode: 0o700 });
      const stats = statSync(beside);
      if (stats.uid === process.getuid?.() && (stats.mode & 0o077) === 0) return beside;
    } catch {
      // Said below: a folder of ours cannot be there.
    }
  }
  throw new HomeostatError(
    'no_store',
    `${root} lies on another file system than the state, and no folder of our own can be made beside it (${beside})`,
  );
}

const deviceOf = (path: string): bigint => statSync(path, { bigint: true }).dev;
