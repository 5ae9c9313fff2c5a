import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, rmSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { storeOf } from './store.ts';

interface Discarded {
  readonly actionId: string;
  readonly roots: readonly string[];
  /** The stage alone leaves the pre-images, which undo needs. */
  readonly what: 'stage' | 'all';
  readonly stages: string;
}

/** Removes an action's folder, or the stage in it, from the stores of its roots; a store that is not there holds nothing. */
export function discardStage({ actionId, roots, what, stages }: Discarded): void {
  const stores = new Set<string>();
  for (const root of roots) {
    try {
      stores.add(storeOf(root, stages));
    } catch {
      // The root is gone, or has no store: the sweep of what nothing names finds what is left.
    }
  }
  for (const store of stores) {
    const folder = join(store, actionId);
    if (what === 'all') removeTree(folder);
    else if (existsSync(folder))
      for (const part of readdirSync(folder)) {
        removeTree(join(folder, part, 'upper'));
        removeTree(join(folder, part, 'work'));
      }
  }
}

/**
 * As `rm -rf`, also below folders that their owner may not enter, as an overlay's `work` is, and below paths that are
 * longer than the system takes at once, which a command makes folder by folder.
 */
export function removeTree(path: string): void {
  try {
    if (!removed(path)) rmSync(path, { recursive: true, force: true });
  } catch {
    // These go from folder to folder, and follow no link.
    execFileSync('/bin/chmod', ['-R', 'u+rwX', '--', path], { stdio: 'ignore' });
    execFileSync('/bin/rm', ['-rf', '--', path], { stdio: 'ignore' });
  }
}

/** The plain way, at a third of what `rmSync` takes, which tries to remove each folder before it looks into it. */
function removed(path: string): boolean {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory() === true) removeFolder(path);
    return stats === undefined || stats.isDirectory();
  } catch {
    return false;
  }
}

function removeFolder(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) removeFolder(inner);
    else unlinkSync(inner);
  }
  rmdirSync(path);
}
