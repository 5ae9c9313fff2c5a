import Database from 'better-sqlite3';
import { type Db, PATIENCE_MS } from './database.ts';
import type { TurnBell } from './turn-bell.ts';

/** Transactions one after the other, of this process and of all others on the same database. */
export interface Turns {
  /** One durable transaction. */
  write<T>(work: () => T): T;
  /** The same, but shared with all others that are asked for at this moment: one flush of the disk for all of them. */
  group<T>(work: () => T, flush?: Flush): Promise<T>;
  /** Writes what is still waiting. */
  flush(): void;
}

/**
 * With `later` it is on stable storage only when the next transaction is, which must come before anything that outlives
 * a power failure depends on it. Nothing apart is put or dropped in it.
 */
export type Flush = 'now' | 'later';

/** What lies beside the database and follows its transactions. */
export interface Beside {
  /** Called before each transaction; throws where it would go nowhere. */
  ready(): void;
  /** Waits until every transaction that is in the log, of whatever process, is on stable storage. */
  sync(): void;
  /** Called outside of any transaction, after each. */
  tidy(): void;
  /** Called at the end of each: whether it is on disk. */
  settle(committed: boolean): void;
  /** How far things are; what comes after it is taken back where one of a group fails by itself. */
  mark(): () => void;
}

interface Waiting {
  readonly flush: Flush;
  readonly work: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

export function openTurns(
  db: Db,
  patience: (ms: number) => void,
  explained: (error: unknown) => unknown,
  bell: TurnBell,
  beside: Beside,
): Turns {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  const save = db.prepare('SAVEPOINT one_of_a_group');
  const release = db.prepare('RELEASE one_of_a_group');
  const takeBackRows = db.prepare('ROLLBACK TO one_of_a_group');

  const begins = (): boolean => {
    try {
      begin.run();
      return true;
    } catch (error) {
      if (!isBusy(error)) throw error;
      return false;
    }
  };
  const takeTurn = (): void => {
    patience(0);
    // The last try says what is in the way.
    if (!begins() && !bell.until(begins, PATIENCE_MS)) begin.run();
  };

  const write = <T>(work: () => T, flushed: Flush = 'now'): T => {
    if (db.inTransaction) return work();
    beside.ready();
    takeTurn();
    let value: T;
    try {
      value = work();
      commit.run();
    } catch (error) {
      // Where the disk is full SQLite has rolled back already.
      if (db.inTransaction) rollback.run();
      bell.ring();
      beside.settle(false);
      throw error;
    }
    bell.ring();
    // Others have their turn meanwhile, and one flush serves all whose transactions it finds.
    if (flushed === 'now') beside.sync();
    beside.settle(true);
    beside.tidy();
    return value;
  };

  let waiting: Waiting[] = [];
  const flush = (): void => {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    try {
      const answers = write(
        () => batch.map((one) => attempt(one)),
        batch.every((one) => one.flush === 'later') ? 'later' : 'now',
      );
      for (const answer of answers) answer();
    } catch (error) {
      for (const { reject } of batch) reject(explained(error));
    }
  };
  /** One of a group may fail by itself, and then leaves nothing behind. */
  const attempt = ({ work, resolve, reject }: Waiting): (() => void) => {
    const takeBack = beside.mark();
    save.run();
    try {
      const value = work();
      release.run();
      return () => resolve(value as never);
    } catch (error) {
      if (!db.inTransaction) throw error;
      takeBackRows.run();
      release.run();
      takeBack();
      return () => reject(explained(error));
    }
  };

  return {
    write: (work) => write(work),
    group: async (work, flushed = 'now') =>
      new Promise((resolve, reject) => {
        waiting.push({ work, resolve, reject, flush: flushed });
        if (waiting.length === 1) setImmediate(flush);
      }),
    flush,
  };
}

const isBusy = (error: unknown): boolean =>
  error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
