import { closeSync, fdatasyncSync, openSync } from 'node:fs';
import { HomeostatError } from '../core/errors.ts';
import type { Db } from './database.ts';

/** The write-ahead log as a file: what is in it is on stable storage once it is flushed. */
export interface Log {
  /** Flushes what every process has committed until now; throws `record_failed` where that is not known for sure. */
  sync(): void;
  /** Called after each transaction of this process: lets the log begin anew once it is long. */
  tidy(): void;
  close(): void;
}

/** From so many pages on the log begins anew; SQLite by itself tries that from `FALLBACK_PAGES` on. */
const LONG_PAGES = 1000;
const FALLBACK_PAGES = 4000;
/** After so many transactions the length is looked at, and after so many more where a reader was in the way. */
const LOOK_EVERY = 32;
const LOOK_AGAIN = 1024;
/** How long it waits for others to be out of the way. */
const OTHERS_MS = 18;

/**
 * SQLite would flush within each commit, while all other writers wait. So it only keeps the log whole (`NORMAL`), and
 * whoever has written flushes when it is the others' turn: as durable, and one flush serves all who wait for one.
 * SQLite takes no locks on this file, so that closing it here gives up none.
 *
 * Left to itself SQLite empties the log while others write on, so that with many writers it is never empty and only
 * grows; and to flush a file that grows takes many times as long. Here it is emptied when it is nobody's turn.
 */
export function openLog(db: Db, patience: (ms: number) => void): Log {
  const path = `${db.name}-wal`;
  const file = db.pragma('journal_mode', { simple: true }) === 'wal' ? openSync(path, 'r') : null;
  db.pragma(`synchronous = ${file === null ? 'FULL' : 'NORMAL'}`);
  db.pragma(`wal_autocheckpoint = ${FALLBACK_PAGES}`);
  // The pragma says how many pages are in the log, whatever size the file has.
  const length = db.prepare<[], { log: number }>('PRAGMA wal_checkpoint(NOOP)');
  let [doubtful, untilLook] = [false, LOOK_EVERY];
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
    tidy() {
      if (--untilLook > 0) return;
      untilLook = LOOK_EVERY;
      if ((length.get()?.log ?? 0) < LONG_PAGES) return;
      try {
        patience(OTHERS_MS);
        if (db.pragma('wal_checkpoint(RESTART)', { simple: true }) !== 0) untilLook = LOOK_AGAIN;
      } catch {
        // What was written is in the log, and stays there until this succeeds.
      }
    },
    close: () => void (file === null || closeSync(file)),
  };
}
