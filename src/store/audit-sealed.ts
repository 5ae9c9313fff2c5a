import type { Manifest } from './audit-days.ts';
import type { Statements } from './database.ts';

export type SealedDay = Pick<Manifest, 'name' | 'first_seq' | 'last_seq' | 'last_hash' | 'last_time'> & {
  readonly archived: boolean;
};

/** Which records have gone into sealed days; the database lets only those be deleted that are archived. */
export interface SealedDays {
  /** In the order of their records. */
  all(): SealedDay[];
  /** The last record that is sealed; 0 while none is. */
  sealedUntil(): number;
  add(manifest: Manifest): void;
  archive(name: string): void;
  /** Deletes so many records of an archived day at most, and their words; false when none was left. */
  drop(day: SealedDay, most: number): boolean;
}

export function sealedDays(db: Statements): SealedDays {
  return {
    all: () =>
      db
        .prepare<[], Omit<SealedDay, 'archived'> & { archived: number }>(
          'SELECT * FROM audit_days ORDER BY first_seq',
        )
        .all()
        .map((row) => ({ ...row, archived: row.archived === 1 })),
    sealedUntil: () =>
      db.prepare<[], { seq: number | null }>('SELECT max(last_seq) AS seq FROM audit_days').get()?.seq ?? 0,
    add: ({ name, first_seq, last_seq, last_hash, last_time }) =>
      void db
        .prepare(
          'INSERT INTO audit_days (name, first_seq, last_seq, last_hash, last_time) VALUES (?, ?, ?, ?, ?)',
        )
        .run(name, first_seq, last_seq, last_hash, last_time),
    archive: (name) => void db.prepare('UPDATE audit_days SET archived = 1 WHERE name = ?').run(name),
    drop({ first_seq, last_seq }, most) {
      const end = db
        .prepare<[number, number, number], { seq: number | null }>(
          'SELECT max(seq) AS seq FROM (SELECT seq FROM audit WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?)',
        )
        .get(first_seq, last_seq, most)?.seq;
      if (end === null || end === undefined) return false;
      for (const sql of [
        'DELETE FROM audit_words WHERE rowid BETWEEN ? AND ?',
        'DELETE FROM audit_clock WHERE seq BETWEEN ? AND ?',
        'DELETE FROM audit WHERE seq BETWEEN ? AND ?',
      ])
        db.prepare(sql).run(first_seq, end);
      return end < last_seq;
    },
  };
}
