import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, rmSync, rmdirSync, unlinkSync } from 'node:fs';
import { readdir, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { storeOf } from './store.ts';

interface Discarded {
  readonly actionId: string;
  readonly roots: readonly string[];
  /** The stage alone leaves the pre-images, which undo needs. */
  readonly what: 'stage' | 'all';
  readonly stages: string;
}

const STAGED = ['upper', 'work'];

/** Removes an action's folder, or the stage in it, from the stores of its roots; a store that is not there holds nothing. */
export function discardStage(discarded: Discarded): void {
  for (const path of pathsOf(discarded)) removeTree(path);
}

/** The same bit by bit, while others have their turn: a file system that is busy lets one wait for each folder. */
export async function discardAside(discarded: Discarded): Promise<void> {
  for (const path of pathsOf(discarded)) await removeFolderAside(path).catch(() => removeTree(path));
}

function pathsOf({ actionId, roots, what, stages }: Discarded): string[] {
  const stores = new Set<string>();
  for (const root of roots) {
    try {
      stores.add(storeOf(root, stages));
    } catch {
      // The root is gone, or has no store: the sweep of what nothing names finds what is left.
    }
  }
  const folders = [...stores].map((store) => join(store, actionId)).filter((folder) => existsSync(folder));
  if (what === 'all') return folders;
  return folders.flatMap((folder) =>
    readdirSync(folder).flatMap((part) => STAGED.map((name) => join(folder, part, name))),
  );
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

async function removeFolderAside(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    await (entry.isDirectory() ? removeFolderAside(inner) : unlink(inner));
  }
  await rmdir(path);
}
