import type { ApprovalStatus } from '../core/outcome.ts';
import type { Statements } from './database.ts';

export interface ApprovalRow {
  readonly n: number;
  readonly action_id: string;
  readonly status: ApprovalStatus;
  readonly digest: string;
  /** The version of the policy that it was asked under. */
  readonly policy: string;
  readonly requested_ms: number;
  readonly expires_ms: number;
  /** Boot and monotonic milliseconds at which it expires, whatever the wall clock says. */
  readonly uptime_deadline: string;
  readonly decided_ms: number | null;
  readonly note: string | null;
}

export interface ApprovalStore {
  request(row: Omit<ApprovalRow, 'n' | 'status' | 'decided_ms' | 'note'>): void;
  /** Moves the action's approval on, only from one of the given states; false where it stood elsewhere. */
  move(actionId: string, from: ApprovalStatus[], to: ApprovalStatus, note?: string): boolean;
  /** The action's newest approval. */
  of(actionId: string): ApprovalRow | null;
  list(status: ApprovalStatus | undefined, limit: number): ApprovalRow[];
  countPending(): number;
  /** How often a person has said no to this agent since then. */
  countDenied(agent: string, sinceMs: number): number;
}

export function approvalStore(db: Statements): ApprovalStore {
  const newest = db.prepare<[string], ApprovalRow>(
    'SELECT * FROM approvals WHERE action_id = ? ORDER BY n DESC LIMIT 1',
  );
  return {
    request(row) {
      db.prepare(
        `INSERT INTO approvals (action_id, status, digest, policy, requested_ms, expires_ms, uptime_deadline)
         VALUES (@action_id, 'pending', @digest, @policy, @requested_ms, @expires_ms, @uptime_deadline)`,
      ).run(row);
    },
    move(actionId, from, to, note) {
      const row = newest.get(actionId);
      if (row === undefined || !from.includes(row.status)) return false;
      db.prepare('UPDATE approvals SET status = ?, decided_ms = ?, note = coalesce(?, note) WHERE n = ?').run(
        to,
        Date.now(),
        note ?? null,
        row.n,
      );
      return true;
    },
    of: (actionId) => newest.get(actionId) ?? null,
    list: (status, limit) =>
      status === undefined
        ? db.prepare<[number], ApprovalRow>('SELECT * FROM approvals ORDER BY n DESC LIMIT ?').all(limit)
        : db
            .prepare<[string, number], ApprovalRow>(
              'SELECT * FROM approvals WHERE status = ? ORDER BY n DESC LIMIT ?',
            )
            .all(status, limit),
    countPending: () =>
      db.prepare<[], { n: number }>("SELECT count(*) AS n FROM approvals WHERE status = 'pending'").get()
        ?.n ?? 0,
    countDenied: (agent, sinceMs) =>
      db
        .prepare<[number, string], { n: number }>(
          `SELECT count(*) AS n FROM approvals JOIN actions ON actions.id = approvals.action_id
           WHERE status = 'denied' AND decided_ms > ? AND agent = ?`,
        )
        .get(sinceMs, agent)?.n ?? 0,
  };
}
