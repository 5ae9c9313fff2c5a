import { closeSync, fdatasyncSync, openSync } from 'node:fs';
import { HomeostatError } from '../core/errors.ts';
import type { Db } from './database.ts';

/** The write-ahead log as a file: what is in it is on stable storage once it is flushed. */
export interface Log {
  /** Flushes what every process has committed until now; throws `record_failed` where that is not known for sure. */
  sync(): void;
  close(): void;
}

/**
 * SQLite would flush within each commit, while all other writers wait. So it only keeps the log whole (`NORMAL`), and
 * whoever has written flushes when it is the others' turn: as durable, and one flush serves all who wait for one.
 * SQLite takes no locks on this file, so that closing it here gives up none.
 */
export function openLog(db: Db): Log {
  const path = `${db.name}-wal`;
  const file = db.pragma('journal_mode', { simple: true }) === 'wal' ? openSync(path, 'r') : null;
  db.pragma(`synchronous = ${file === null ? 'FULL' : 'NORMAL'}`);
  let doubtful = false;
  return {
    sync() {
      if (file === null) return;
      try {
        // The kernel takes what it could not write for written: then all of it goes to the database itself first.
        if (doubtful && db.pragma('wal_checkpoint(TRUNCATE)', { simple: true }) !== 0)
          throw new Error('an earlier flush failed, and others use the log');
        doubtful = true;
        fdatasyncSync(file);
        doubtful = false;
      } catch (cause) {
        throw new HomeostatError('record_failed', `${path} cannot be flushed: ${String(cause)}`, { cause });
      }
    },
    close: () => void (file === null || closeSync(file)),
  };
}
