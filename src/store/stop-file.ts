import { closeSync, existsSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { HomeostatError } from '../core/errors.ts';

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
  let timer: NodeJS.Timeout | undefined;
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
    clearInterval(timer);
    timer = undefined;
    for (const onPull of all) onPull();
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
      timer ??= setInterval(() => {
        if (pulled() !== null) alarm();
      }, POLL_MS).unref();
      return () => {
        watchers.delete(onPull);
        if (watchers.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
  };
}
