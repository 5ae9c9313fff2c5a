import Database from 'better-sqlite3';
import { existsSync } from 'node:fs';

/** How long somebody who only looks may hold up who takes it. */
const PATIENCE_MS = 1000;

/**
 * Takes a lock on a path for this process, and answers how to let it go; null where another, or this one, has it. The
 * kernel keeps it, by way of SQLite, whose empty database the file is: it ends with the process however that ends, and is
 * seen from every PID namespace. Whoever drops the answer lets go as well.
 */
export function takeLock(path: string): (() => void) | null {
  const lock = new Database(path, { timeout: PATIENCE_MS });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    // One that was taken away while this waited for it is nobody's.
    if (existsSync(path)) return () => void lock.close();
    lock.close();
    return null;
  } catch (error) {
    lock.close();
    if (isBusy(error) || !existsSync(path)) return null;
    throw error;
  }
}

/** Whether a process has it. */
export function isLocked(path: string): boolean {
  let lock: Database.Database;
  try {
    lock = new Database(path, { readonly: true, fileMustExist: true, timeout: 0 });
  } catch {
    return false;
  }
  try {
    lock.exec('SELECT 1 FROM sqlite_schema');
    return false;
  } catch (error) {
    return isBusy(error);
  } finally {
    lock.close();
  }
}

const isBusy = (error: unknown): boolean =>
  error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
