import type { Statements } from './database.ts';

export interface LeaseRow {
  readonly resource: string;
  readonly action_id: string;
  readonly owner: string;
}

/** Leases on resources and the heartbeats of the processes that hold them. */
export interface LeaseStore {
  all(): LeaseRow[];
  take(lease: LeaseRow): void;
  release(actionId: string): void;
  beat(owner: string, beat: string): void;
  beats(): ReadonlyMap<string, string>;
  forget(owner: string): void;
}

export function leaseStore(db: Statements): LeaseStore {
  return {
    all: () => db.prepare<[], LeaseRow>('SELECT * FROM leases').all(),
    take: (lease) =>
      void db
        .prepare(
          'INSERT OR REPLACE INTO leases (resource, action_id, owner) VALUES (@resource, @action_id, @owner)',
        )
        .run(lease),
    release: (actionId) => void db.prepare('DELETE FROM leases WHERE action_id = ?').run(actionId),
    beat: (owner, beat) =>
      void db.prepare('INSERT OR REPLACE INTO processes (owner, beat) VALUES (?, ?)').run(owner, beat),
    beats: () =>
      new Map(
        db
          .prepare<[], { owner: string; beat: string }>('SELECT owner, beat FROM processes')
          .all()
          .map((row) => [row.owner, row.beat]),
      ),
    forget(owner) {
      db.prepare('DELETE FROM leases WHERE owner = ?').run(owner);
      db.prepare('DELETE FROM processes WHERE owner = ?').run(owner);
    },
  };
}
