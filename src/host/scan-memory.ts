import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { uptime } from './identity.ts';

/** What is remembered of a folder: its listing, and for each entry the stat that vouches for its digest. */
export interface FolderMemory {
  /** The object that lists it. */
  readonly object: string;
  readonly entries: readonly Remembered[];
}
export type Remembered = readonly [name: string, stamp: string, digest: string | null];

/** By the folder's path below the root. */
export type ScanMemory = ReadonlyMap<string, FolderMemory>;

/** A stamp that vouches for nothing. */
export const UNSURE = '';

/** Retention forgets what no scan has used for long; a use this recent need not be told again. */
const USED_MS = 3_600_000;

const fileOf = (folder: string, root: string): string =>
  join(folder, `${createHash('sha256').update(root).digest('hex')}.json`);

/**
 * What the last scan of a root has left; nothing where there was none. A start of the machine forgets it: a power cut
 * may have taken objects that were never synced, and which of them are whole shows when they are put again.
 */
export function recall(folder: string, root: string): ScanMemory {
  try {
    const { of, boot, folders } = JSON.parse(readFileSync(fileOf(folder, root), 'utf8')) as {
      of: string;
      boot: string;
      folders: [string, FolderMemory][];
    };
    return new Map(of === root && boot === uptime().boot ? folders : []);
  } catch {
    return new Map();
  }
}

/** Only a memory: losing it costs one slow scan, so it is not synced. */
export function remember(folder: string, root: string, folders: ScanMemory, news: boolean): void {
  const file = fileOf(folder, root);
  const temporary = `${file}.${process.pid}`;
  try {
    if (!news) {
      const now = Date.now();
      if (now - statSync(file).mtimeMs > USED_MS) utimesSync(file, now / 1000, now / 1000);
      return;
    }
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(temporary, JSON.stringify({ of: root, boot: uptime().boot, folders: [...folders] }), {
      mode: 0o600,
    });
    renameSync(temporary, file);
  } catch {
    rmSync(temporary, { force: true });
  }
}
