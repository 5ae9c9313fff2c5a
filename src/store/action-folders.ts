import { execFile } from 'node:child_process';
import { lstatSync, readdirSync } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Statements } from './database.ts';

const exec = promisify(execFile);

/** Of a folder that not even its owner may look into, and of a path longer than the system takes at once. */
const STUBBORN: ReadonlySet<string> = new Set(['EACCES', 'ENAMETOOLONG']);
/** As `newId` makes them: nothing else in a store is ever touched. */
const ACTION_ID = /^[0-9a-hjkmnp-tv-z]{10}$/;

/** The stores of all roots: each holds a folder for every action that keeps something there. */
export interface StoreFolders {
  /** Puts a store on record; to be done before the first action's folder is made in it. */
  use(folder: string): void;
  all(): string[];
}

export function storeFolders(db: Statements): StoreFolders {
  return {
    use: (folder) => void db.prepare('INSERT OR IGNORE INTO stores (folder) VALUES (?)').run(folder),
    all: () =>
      db
        .prepare<[], { folder: string }>('SELECT folder FROM stores ORDER BY folder')
        .all()
        .map((row) => row.folder),
  };
}

/** An action's folder in one store. */
export interface ActionFolder {
  readonly id: string;
  readonly store: string;
}

/** The folders that stores hold. A store that is not there, or is not this user's own folder, holds none. */
export function actionFolders(stores: readonly string[]): ActionFolder[] {
  return stores.flatMap((store) => {
    const stats = lstatSync(store, { throwIfNoEntry: false });
    // Somebody may have put a link in its place, to have something else swept.
    if (stats?.isDirectory() !== true || stats.uid !== process.getuid?.()) return [];
    return namesIn(store)
      .filter((name) => ACTION_ID.test(name))
      .map((id) => ({ id, store }));
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Removes all that an action has kept in these stores; what cannot be removed stays, for the next sweep. */
export async function removeActionFolders(id: string, stores: readonly string[]): Promise<void> {
  for (const store of stores) await removeTree(join(store, id)).catch(() => undefined);
}

async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (!STUBBORN.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    // These go from folder to folder, and follow no link.
    await exec('/bin/chmod', ['-R', 'u+rwX', '--', path]);
    await exec('/bin/rm', ['-rf', '--', path]);
  }
}

/** Bytes of the files below a folder, as far as they can be looked at. */
export async function bytesBelow(path: string): Promise<number> {
  const stats = await lstat(path).catch(() => null);
  if (stats === null) return 0;
  if (!stats.isDirectory()) return stats.size;
  let bytes = 0;
  for (const name of await readdir(path).catch(() => [])) bytes += await bytesBelow(join(path, name));
  return bytes;
}
