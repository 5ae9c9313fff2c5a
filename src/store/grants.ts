import type { Level } from '../core/risk.ts';
import type { Statements } from './database.ts';

/** What a person has allowed beforehand: so many actions like this, for so long. */
export interface GrantRow {
  readonly id: string;
  readonly agent: string;
  readonly tool: string;
  /** A command line, or a path from its root on, in which `*` stands for a part. */
  readonly pattern: string;
  /** The rest of the input, as canonical JSON. */
  readonly options: string;
  readonly ceiling: Level;
  readonly remaining: number;
  readonly created_ms: number;
  readonly expires_ms: number;
  readonly uptime_deadline: string;
  /** The version of the policy that it was given under. */
  readonly policy: string;
  readonly revoked_ms: number | null;
}

export interface GrantStore {
  add(row: Omit<GrantRow, 'revoked_ms'>): void;
  get(id: string): GrantRow | null;
  /** Those of an agent (of all, where none is named) that are neither used up nor revoked. */
  open(agent?: string): GrantRow[];
  /** Takes one off what remains; false where nothing does. */
  use(id: string): boolean;
  revoke(id: string): boolean;
}

export function grantStore(db: Statements): GrantStore {
  return {
    add: (row) =>
      void db
        .prepare(
          `INSERT INTO grants (id, agent, tool, pattern, options, ceiling, remaining, created_ms, expires_ms, uptime_deadline, policy)
           VALUES (@id, @agent, @tool, @pattern, @options, @ceiling, @remaining, @created_ms, @expires_ms, @uptime_deadline, @policy)`,
        )
        .run(row),
    get: (id) => db.prepare<[string], GrantRow>('SELECT * FROM grants WHERE id = ?').get(id) ?? null,
    open: (agent) =>
      db
        .prepare<[string | null], GrantRow>(
          'SELECT * FROM grants WHERE remaining > 0 AND revoked_ms IS NULL AND agent = coalesce(?, agent) ORDER BY created_ms',
        )
        .all(agent ?? null),
    use: (id) =>
      db
        .prepare(
          'UPDATE grants SET remaining = remaining - 1 WHERE id = ? AND remaining > 0 AND revoked_ms IS NULL',
        )
        .run(id).changes === 1,
    revoke: (id) =>
      db.prepare('UPDATE grants SET revoked_ms = ? WHERE id = ? AND revoked_ms IS NULL').run(Date.now(), id)
        .changes === 1,
  };
}
