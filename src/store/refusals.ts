import type { Statements } from './database.ts';

/** Refusals of one kind in one minute. */
export interface RefusalRow {
  readonly agent: string;
  readonly tool: string;
  readonly error: string;
  readonly since_ms: number;
  /** How many have a record of their own, and the last of these. */
  readonly told: number;
  readonly seq: number;
  /** How many came after them. */
  readonly more: number;
}

export interface RefusalStore {
  get(agent: string, tool: string, error: string): RefusalRow | null;
  put(row: RefusalRow): void;
  /** Those whose minute began by then, or lies ahead because a clock was set back; they are forgotten. */
  take(untilMs: number, aheadMs: number): RefusalRow[];
}

export function refusalStore(db: Statements): RefusalStore {
  return {
    get: (agent, tool, error) =>
      db
        .prepare<[string, string, string], RefusalRow>(
          'SELECT * FROM refusals WHERE agent = ? AND tool = ? AND error = ?',
        )
        .get(agent, tool, error) ?? null,
    put: (row) =>
      void db
        .prepare(
          `INSERT OR REPLACE INTO refusals (agent, tool, error, since_ms, told, seq, more)
           VALUES (@agent, @tool, @error, @since_ms, @told, @seq, @more)`,
        )
        .run(row),
    take: (untilMs, aheadMs) =>
      db
        .prepare<[number, number], RefusalRow>(
          'DELETE FROM refusals WHERE since_ms <= ? OR since_ms > ? RETURNING *',
        )
        .all(untilMs, aheadMs),
  };
}
