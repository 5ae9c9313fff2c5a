import Database from 'better-sqlite3';
import { join } from 'node:path';

/** Changes the state behind the product's back, as somebody with access to the file could. */
export function sql(home: string, statement: string, ...values: unknown[]): void {
  const db = new Database(join(home, 'state.db'));
  try {
    db.prepare(statement).run(...values);
  } finally {
    db.close();
  }
}
