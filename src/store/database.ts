import Database from 'better-sqlite3';
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { HomeostatError } from '../core/errors.ts';
import { type Home, prepareHome } from './home.ts';
import { MIGRATIONS } from './migrations.ts';

/** How long statements wait for what others hold. */
export const PATIENCE_MS = 10_000;

export type Db = Database.Database;

/** All that the parts of the store need of a database. */
export type Statements = Pick<Db, 'prepare'>;

/** Prepares each statement once; to prepare one takes longer than to run it. */
export function prepared(db: Db): Statements {
  const known = new Map<string, Database.Statement>();
  const prepare = (sql: string): Database.Statement => {
    const statement = known.get(sql) ?? db.prepare(sql);
    known.set(sql, statement);
    return statement;
  };
  return { prepare: prepare as Db['prepare'] };
}

/** Opens (and first creates or migrates) the state; several processes may do so at the same moment. */
export function openDatabase(home: Home): Db {
  prepareHome(home);
  return guarded(home, () => {
    const db = new Database(home.database, { timeout: PATIENCE_MS });
    try {
      db.pragma('journal_mode = WAL');
      db.pragma('synchronous = FULL');
      db.pragma('foreign_keys = ON');
      db.pragma('trusted_schema = OFF');
      migrate(db);
      mkdirSync(home.objects, { recursive: true, mode: 0o700 });
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/** Sets how long statements wait for others, in milliseconds; to say it again costs nothing. */
export function patience(db: Db): (ms: number) => void {
  let now = -1;
  return (ms) => {
    // Takes effect where it is compiled, so that a prepared one would do it only once.
    if (ms !== now) db.pragma(`busy_timeout = ${ms}`);
    now = ms;
  };
}

function migrate(db: Db): void {
  const version = (): number => db.pragma('user_version', { simple: true }) as number;
  if (version() > MIGRATIONS.length) {
    throw new HomeostatError(
      'state_newer',
      `the state has schema ${version()}, this program knows ${MIGRATIONS.length}`,
    );
  }
  if (version() === MIGRATIONS.length) return;
  db.transaction(() => {
    for (const step of MIGRATIONS.slice(version())) db.exec(step);
    db.pragma(`user_version = ${MIGRATIONS.length}`);
  }).immediate();
}

/** Runs one use of the database; turns SQLite's errors into ours, and keeps a damaged file aside. */
export function guarded<T>(home: Home, use: () => T): T {
  try {
    return use();
  } catch (error) {
    throw storeError(home, error);
  }
}

export function storeError(home: Home, error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(error.code)) {
    const copy = keepAside(home.database);
    return new HomeostatError(
      'state_corrupt',
      `${home.database} is damaged (${error.message}); a copy is ${copy}`,
      {
        next: `A person restores a good copy, or begins anew without the old record: mv ${home.folder} ${home.folder}.old`,
        cause: error,
      },
    );
  }
  if (/^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|BUSY|LOCKED|PERM|NOLFS)/.test(error.code)) {
    return new HomeostatError('record_failed', `${home.database}: ${error.message} (${error.code})`, {
      cause: error,
    });
  }
  return error;
}

/** Copies a damaged database once beside itself and says where; the original stays, so that nothing begins anew. */
function keepAside(database: string): string {
  const prefix = `${basename(database)}.damaged-`;
  const earlier = readdirSync(dirname(database)).find((name) => name.startsWith(prefix));
  if (earlier !== undefined) return earlier;
  const copy = `${database}.damaged-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
  try {
    if (existsSync(database)) copyFileSync(database, copy);
    return copy;
  } catch {
    return 'not possible (disk full or read-only)';
  }
}
