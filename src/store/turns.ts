import Database from 'better-sqlite3';
import type { Db } from './database.ts';
import { type QueueFlag, uptimeMs } from './queue-flag.ts';

/** How long a writer waits for its turn before the record counts as not writable. */
const PATIENCE_MS = 10_000;
/** Longest pause between two tries; the longer somebody has waited, the shorter it gets. */
const PAUSE_MS = 10;
const IMPATIENT_AFTER_MS = 50;
/** How long one process may go on while others wait, and how long at most it then leaves the database to them. */
const TURN_MS = 2;
const YIELD_MS = 5;

/** Transactions one after the other, of this process and of all others on the same database. */
export interface Turns {
  /** One durable transaction. */
  write<T>(work: () => T): T;
  /** The same, but shared with all others that are asked for at this moment: one flush of the disk for all of them. */
  group<T>(work: () => T): Promise<T>;
  /** Writes what is still waiting. */
  flush(): void;
}

/** What lies beside the database and follows its transactions. */
export interface Beside {
  /** Called at the end of each: whether it is on disk. */
  settle(committed: boolean): void;
  /** How far things are; what comes after it is taken back where one of a group fails by itself. */
  mark(): () => void;
}

interface Waiting {
  readonly work: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

export function openTurns(
  db: Db,
  flag: QueueFlag,
  explained: (error: unknown) => unknown,
  beside: Beside,
): Turns {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  // Takes effect where it is compiled, so that a prepared one would do it only once.
  const setPatience = (ms: number): void => void db.pragma(`busy_timeout = ${ms}`);
  const nested = db.transaction((work: () => unknown) => work());

  // Whoever has just written is the first to ask again, while all others sleep.
  const dataVersion = db.prepare<[], { data_version: number }>('PRAGMA data_version');
  const version = (): number | undefined => dataVersion.get()?.data_version;
  let [turnBegan, lastEnd] = [0, 0];
  const yieldToOthers = (): void => {
    const now = uptimeMs();
    if (now - lastEnd > TURN_MS) turnBegan = now;
    else if (now - turnBegan > TURN_MS) {
      // Until one of them has written: on a busy machine it takes its time to wake up.
      const before = version();
      if (flag.raised() > turnBegan)
        do pause(0.3);
        while (version() === before && uptimeMs() - now < YIELD_MS);
      turnBegan = uptimeMs();
    }
  };

  // SQLite's own waiting sleeps longer the longer it has waited, so that of many writers some waited for seconds.
  const takeTurn = (): void => {
    yieldToOthers();
    const started = performance.now();
    setPatience(0);
    try {
      for (;;) {
        try {
          begin.run();
          return;
        } catch (error) {
          const waited = performance.now() - started;
          if (!isBusy(error) || waited > PATIENCE_MS) throw error;
          flag.raise();
          pause(Math.random() * (waited > IMPATIENT_AFTER_MS ? PAUSE_MS / 4 : PAUSE_MS));
        }
      }
    } finally {
      setPatience(PATIENCE_MS);
    }
  };

  const write = <T>(work: () => T): T => {
    if (db.inTransaction) return work();
    takeTurn();
    let committed = false;
    try {
      const value = work();
      commit.run();
      committed = true;
      return value;
    } finally {
      // Where the disk is full SQLite has rolled back already.
      if (db.inTransaction) rollback.run();
      lastEnd = uptimeMs();
      beside.settle(committed);
    }
  };

  let waiting: Waiting[] = [];
  const flush = (): void => {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    try {
      const answers = write(() => batch.map((one) => attempt(one)));
      for (const answer of answers) answer();
    } catch (error) {
      for (const { reject } of batch) reject(explained(error));
    }
  };
  /** One of a group may fail by itself, and then leaves nothing behind. */
  const attempt = ({ work, resolve, reject }: Waiting): (() => void) => {
    const takeBack = beside.mark();
    try {
      const value = nested(work);
      return () => resolve(value as never);
    } catch (error) {
      if (!db.inTransaction) throw error;
      takeBack();
      return () => reject(explained(error));
    }
  };

  return {
    write,
    group: async (work) =>
      new Promise((resolve, reject) => {
        waiting.push({ work, resolve, reject });
        if (waiting.length === 1) setImmediate(flush);
      }),
    flush,
  };
}

const isBusy = (error: unknown): boolean =>
  error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');

const clock = new Int32Array(new SharedArrayBuffer(4));
const pause = (ms: number): void => void Atomics.wait(clock, 0, 0, ms);
