import {
  type FSWatcher,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  rmSync,
  watch as watchFolder,
  writeSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { HomeostatError } from '../core/errors.ts';

/** Where the system tells of no change in the folder, as some network file systems do not. */
const POLL_MS = 50;

/** The emergency stop: a file in the state folder, so that every process obeys it and a reboot does not release it. */
export interface StopFile {
  /** Why it was pulled; null while it is not. */
  pulled(): string | null;
  pull(reason: string): void;
  release(): void;
  /** Calls back once when it is pulled, by whatever process; the returned function ends the watch. */
  watch(onPull: () => void): () => void;
}

export function stopFile(path: string): StopFile {
  const watchers = new Set<() => void>();
  let unwatch: (() => void) | undefined;
  // Holds in this process even when the disk cannot take the file.
  let pulledHere: string | null = null;

  const write = (reason: string): void => {
    const file = openSync(path, 'w', 0o600);
    // Its presence is the stop from here on, so that removing it releases this process too.
    pulledHere = null;
    try {
      writeSync(file, `${reason}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  };
  const pulled = (): string | null => {
    if (!existsSync(path)) {
      const reason = pulledHere;
      try {
        if (reason !== null) write(reason);
      } catch {
        // Still not possible: it goes on holding in this process alone.
      }
      return reason;
    }
    try {
      return readFileSync(path, 'utf8').trim() || 'pulled';
    } catch {
      return 'pulled';
    }
  };
  const alarm = (): void => {
    const all = [...watchers];
    watchers.clear();
    unwatch?.();
    unwatch = undefined;
    for (const onPull of all) onPull();
  };
  const look = (): void => {
    if (pulled() !== null) alarm();
  };
  return {
    pulled,
    pull(reason) {
      pulledHere = reason;
      alarm();
      try {
        write(reason);
      } catch (cause) {
        throw new HomeostatError(
          'record_failed',
          `the stop holds ${pulledHere === null ? 'as long as the system runs' : 'in this process'}, but ${path} cannot be written`,
          { cause },
        );
      }
    },
    release() {
      rmSync(path, { force: true });
      pulledHere = null;
    },
    watch(onPull) {
      watchers.add(onPull);
      unwatch ??= watching(path, look);
      return () => {
        watchers.delete(onPull);
        if (watchers.size > 0) return;
        unwatch?.();
        unwatch = undefined;
      };
    },
  };
}

/** Looks whenever the folder tells of the file, and now and then in any case. */
function watching(path: string, look: () => void): () => void {
  const name = basename(path);
  const timer = setInterval(look, POLL_MS).unref();
  let watcher: FSWatcher | undefined;
  try {
    watcher = watchFolder(dirname(path), { persistent: false }, (_, changed) => {
      if (changed === name || changed === null) look();
    });
    // It can run out of watches, or the folder can go; the timer goes on.
    watcher.on('error', () => watcher?.close());
  } catch {
    // Not to be had here: the timer alone it is.
  }
  return () => {
    clearInterval(timer);
    watcher?.close();
  };
}
