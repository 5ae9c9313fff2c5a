import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scratch } from './scratch.ts';
import { sql } from './sql.ts';

const HOURS_MS = 2 * 3_600_000;

/** Makes all that is kept two hours older: retention spares what is young. */
export function age({ home }: Pick<Scratch, 'home'>): void {
  sql(home, 'UPDATE snapshots SET created_ms = created_ms - ?', HOURS_MS);
  const old = new Date(Date.now() - HOURS_MS);
  const objects = join(home, 'objects');
  for (const name of readdirSync(objects, { recursive: true, encoding: 'utf8' }))
    if (name.includes('/')) utimesSync(join(objects, name), old, old);
}

/** A store on record, with a folder in it for each of these actions. */
export function storeWith({ base, home }: Pick<Scratch, 'base' | 'home'>, ids: readonly string[]): string {
  const store = join(base, 'store');
  for (const id of ids) {
    mkdirSync(join(store, id, 'pre'), { recursive: true });
    writeFileSync(join(store, id, 'pre', '0'), `kept of ${id}`);
  }
  sql(home, 'INSERT OR IGNORE INTO stores (folder) VALUES (?)', store);
  return store;
}
