import type { Statements } from './database.ts';

/** A snapshot that is gone, while what its tool has kept for it elsewhere may still be there. */
export interface ReleaseRow {
  readonly action_id: string;
  readonly tool: string;
  /** The snapshot, as JSON. */
  readonly data: string;
}

export interface ReleaseStore {
  /** Takes over the snapshot of an action, which is to be dropped in the same transaction. */
  put(actionId: string, tool: string): void;
  all(): ReleaseRow[];
  count(): number;
  drop(actionId: string): void;
}

export function releaseStore(db: Statements): ReleaseStore {
  return {
    put: (actionId, tool) =>
      void db
        .prepare(
          'INSERT OR REPLACE INTO releases SELECT action_id, ?, data FROM snapshots WHERE action_id = ?',
        )
        .run(tool, actionId),
    all: () => db.prepare<[], ReleaseRow>('SELECT * FROM releases ORDER BY action_id').all(),
    count: () => db.prepare<[], { n: number }>('SELECT count(*) AS n FROM releases').get()?.n ?? 0,
    drop: (actionId) => void db.prepare('DELETE FROM releases WHERE action_id = ?').run(actionId),
  };
}
