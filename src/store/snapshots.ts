import { HomeostatError } from '../core/errors.ts';
import { type Apart, referenceIn } from './apart.ts';
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
  put(actionId: string, data: unknown, size: { changes: number; bytes: number }): void;
  get(actionId: string): SnapshotRow | null;
  drop(actionId: string): void;
  list(limit: number): SnapshotRow[];
  /** The actions that undo no other and that somebody has undone, the oldest first. */
  undone(): string[];
  /** Those that retention lets go, of finished actions that nobody is undoing; a pinned one never. */
  surplus(limits: Limits): Surplus[];
  /** False where there is no such snapshot. */
  pin(actionId: string, pinned: boolean): boolean;
  pinned(): string[];
  /** Whether a snapshot or an unfinished action needs what that action has kept; some actions do not count. */
  names(actionId: string, without?: ReadonlySet<string>): boolean;
  /** The actions that have a snapshot, are not finished, or of which a stage is kept: they need their own. */
  holding(): ReadonlySet<string>;
  /** The text of all that may name an object: the snapshots' and the unfinished actions' stages, but for some. */
  references(without?: ReadonlySet<string>): Iterable<string>;
}

/** How many of the newest are kept and how many bytes they may name, how old one may be; milliseconds since 1970. */
export interface Limits {
  readonly keep: number;
  readonly bytes: number;
  /** Younger ones are many or large in vain. */
  readonly youngMs: number;
  readonly beforeMs: number;
}

export interface Surplus {
  readonly action_id: string;
  readonly bytes: number;
  readonly why: 'age' | 'count' | 'bytes';
}

export function snapshotStore(db: Statements, apart: Apart): SnapshotStore {
  const read = (raw: Raw): SnapshotRow => {
    if (sha256(raw.data) !== raw.checksum) {
      throw new HomeostatError('state_corrupt', `the snapshot of action ${raw.action_id} is damaged`);
    }
    return { ...raw, data: JSON.parse(raw.data) as unknown };
  };
  const references = function* (without: ReadonlySet<string> = new Set()): Iterable<string> {
    for (const { id, text, input } of db
      .prepare<[], { id: string; text: string | null; input: string | null }>(
        `SELECT action_id AS id, data AS text, NULL AS input FROM snapshots
         UNION ALL SELECT id, stage, input FROM actions WHERE phase <> 'finished'`,
      )
      .all())
      if (!without.has(id)) {
        if (text !== null) yield text;
        const held = input === null ? null : referenceIn(JSON.parse(input));
        if (held !== null) yield JSON.stringify(apart.get(held));
      }
  };
  return {
    put(actionId, data, { changes, bytes }) {
      const text = JSON.stringify(data);
      db.prepare(
        `INSERT INTO snapshots (action_id, data, checksum, changes, bytes, created_ms) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (action_id) DO UPDATE SET data = excluded.data, checksum = excluded.checksum,
           changes = excluded.changes, bytes = excluded.bytes`,
      ).run(actionId, text, sha256(text), changes, bytes, Date.now());
    },
    get(actionId) {
      const raw = db.prepare<[string], Raw>('SELECT * FROM snapshots WHERE action_id = ?').get(actionId);
      return raw === undefined ? null : read(raw);
    },
    drop: (actionId) => void db.prepare('DELETE FROM snapshots WHERE action_id = ?').run(actionId),
    list: (limit) =>
      db.prepare<[number], Raw>('SELECT * FROM snapshots ORDER BY n DESC LIMIT ?').all(limit).map(read),
    undone: () =>
      db
        .prepare<[], { action_id: string }>(
          `SELECT action_id FROM snapshots WHERE action_id IN (
             SELECT done.id FROM actions undo JOIN actions done ON undo.undoes = done.id WHERE done.undoes IS NULL)
           ORDER BY n`,
        )
        .all()
        .map((row) => row.action_id),
    surplus: (limits) =>
      db
        .prepare<[Limits], Surplus>(
          `SELECT action_id, bytes, CASE
             WHEN created_ms < @beforeMs THEN 'age' WHEN place > @keep THEN 'count' ELSE 'bytes' END AS why
           FROM (
             SELECT action_id, created_ms, bytes,
               row_number() OVER newer AS place, sum(bytes) OVER newer AS taken
             FROM snapshots WHERE pinned = 0 WINDOW newer AS (ORDER BY n DESC)
           ) WHERE (created_ms < @beforeMs OR (place > @keep OR taken > @bytes) AND created_ms < @youngMs)
             AND action_id NOT IN (SELECT id FROM actions WHERE phase <> 'finished')
             AND action_id NOT IN
               (SELECT undoes FROM actions WHERE phase <> 'finished' AND undoes IS NOT NULL)`,
        )
        .all(limits),
    pin: (actionId, pinned) =>
      db.prepare('UPDATE snapshots SET pinned = ? WHERE action_id = ?').run(Number(pinned), actionId)
        .changes > 0,
    pinned: () =>
      db
        .prepare<[], { action_id: string }>('SELECT action_id FROM snapshots WHERE pinned = 1')
        .all()
        .map((row) => row.action_id),
    names(id, without = new Set()) {
      const { own, undoing } = db
        .prepare<[string, string, string], { own: number; undoing: number }>(
          `SELECT (SELECT count(*) FROM snapshots WHERE action_id = ?)
             + (SELECT count(*) FROM actions WHERE (phase <> 'finished' OR stage IS NOT NULL) AND id = ?) AS own,
             (SELECT count(*) FROM actions WHERE phase <> 'finished' AND undoes = ?) AS undoing`,
        )
        .get(id, id, id) ?? { own: 0, undoing: 0 };
      if (undoing > 0 || (own > 0 && !without.has(id))) return true;
      return [...references(without)].some((text) => text.includes(id));
    },
    holding: () =>
      new Set(
        db
          .prepare<[], { id: string }>(
            `SELECT action_id AS id FROM snapshots UNION ALL SELECT id FROM actions WHERE phase <> 'finished'
             UNION ALL SELECT id FROM actions WHERE phase = 'finished' AND stage IS NOT NULL`,
          )
          .all()
          .map((row) => row.id),
      ),
    references,
  };
}
