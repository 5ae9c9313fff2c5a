import type { Statements } from './database.ts';

/** So many digests are kept, the newest. */
const MOST = 100_000;

/** Keyed digests of values that agents have put into files of secrets by themselves. */
export interface PlantedStore {
  /** Another number when there are more. */
  version(): number;
  all(): ReadonlySet<string>;
  add(digests: readonly string[]): void;
}

export function plantedStore(db: Statements): PlantedStore {
  const version = (): number =>
    db.prepare<[], { n: number | null }>('SELECT max(n) AS n FROM planted_values').get()?.n ?? 0;
  return {
    version,
    all: () =>
      new Set(
        db
          .prepare<[], { digest: string }>('SELECT digest FROM planted_values')
          .all()
          .map(({ digest }) => digest),
      ),
    add(digests) {
      const insert = db.prepare('INSERT OR IGNORE INTO planted_values (digest) VALUES (?)');
      for (const digest of digests) insert.run(digest);
      db.prepare('DELETE FROM planted_values WHERE n <= ?').run(version() - MOST);
    },
  };
}
