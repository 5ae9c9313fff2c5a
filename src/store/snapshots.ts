import { HomeostatError } from '../core/errors.ts';
import type { Statements } from './database.ts';
import { sha256 } from './objects.ts';

export interface SnapshotRow {
  readonly action_id: string;
  readonly data: unknown;
  readonly changes: number;
  readonly created_ms: number;
}

interface Raw {
  action_id: string;
  data: string;
  checksum: string;
  changes: number;
  created_ms: number;
}

export interface SnapshotStore {
  /** Writes or completes the snapshot of an action; durable when the surrounding transaction is. */
  put(actionId: string, data: unknown, changes: number): void;
  get(actionId: string): SnapshotRow | null;
  drop(actionId: string): void;
  list(limit: number): SnapshotRow[];
  /** Those of finished actions beyond the newest `keep` and older than `youngMs`, or older than `beforeMs`. */
  surplus(keep: number, youngMs: number, beforeMs: number): string[];
  /** The text of all that may name an object: the snapshots' and the unfinished actions' stages. */
  references(): Iterable<string>;
}

export function snapshotStore(db: Statements): SnapshotStore {
  const read = (raw: Raw): SnapshotRow => {
    if (sha256(raw.data) !== raw.checksum) {
      throw new HomeostatError('state_corrupt', `the snapshot of action ${raw.action_id} is damaged`);
    }
    return { ...raw, data: JSON.parse(raw.data) as unknown };
  };
  return {
    put(actionId, data, changes) {
      const text = JSON.stringify(data);
      db.prepare(
        `INSERT INTO snapshots (action_id, data, checksum, changes, created_ms) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (action_id) DO UPDATE SET data = excluded.data, checksum = excluded.checksum, changes = excluded.changes`,
      ).run(actionId, text, sha256(text), changes, Date.now());
    },
    get(actionId) {
      const raw = db.prepare<[string], Raw>('SELECT * FROM snapshots WHERE action_id = ?').get(actionId);
      return raw === undefined ? null : read(raw);
    },
    drop: (actionId) => void db.prepare('DELETE FROM snapshots WHERE action_id = ?').run(actionId),
    list: (limit) =>
      db.prepare<[number], Raw>('SELECT * FROM snapshots ORDER BY n DESC LIMIT ?').all(limit).map(read),
    surplus: (keep, youngMs, beforeMs) =>
      db
        .prepare<[number, number, number], { action_id: string }>(
          `SELECT action_id FROM (
             SELECT action_id, created_ms, row_number() OVER (ORDER BY n DESC) AS place FROM snapshots
           ) WHERE (place > ? AND created_ms < ? OR created_ms < ?)
             AND action_id NOT IN (SELECT id FROM actions WHERE phase <> 'finished')`,
        )
        .all(keep, youngMs, beforeMs)
        .map((row) => row.action_id),
    *references() {
      for (const row of db
        .prepare<[], { text: string | null }>(
          `SELECT data AS text FROM snapshots
           UNION ALL SELECT stage FROM actions WHERE phase <> 'finished'`,
        )
        .all()) {
        if (row.text !== null) yield row.text;
      }
    },
  };
}
