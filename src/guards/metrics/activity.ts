import { setImmediate as yielded } from 'node:timers/promises';
import type { Activity, ActivityKey, ActivityRow } from '../../core/metrics.ts';
import type { AuditBody } from '../../core/records.ts';
import type { Store } from '../../store/store.ts';

const BATCH = 1000;
/** More records are not looked at for one answer: the newest are. */
const MOST = 50_000;

interface Counted {
  calls: number;
  rollbacks: number;
  readonly outcomes: Map<string, number>;
  readonly approvals: Map<string, number>;
  readonly durations: number[];
  readonly times: number[];
}

const FIELD = { tool: 'action', agent: 'agent', risk: 'risk_level' } as const satisfies Record<
  ActivityKey,
  keyof AuditBody
>;

/** How one record counts: as the end of a call, as a word on one, or not at all. */
export type Kind = 'call' | 'approval' | null;

const ENDS = new Set(['action.finished', 'action.refused', 'action.recovered', 'action.held', 'query']);

export function kindOf({ event }: Pick<AuditBody, 'event'>): Kind {
  if (ENDS.has(event)) return 'call';
  return event.startsWith('approval.') ? 'approval' : null;
}

export const isRollback = ({ action, result }: Pick<AuditBody, 'action' | 'result'>): boolean =>
  result === 'rolled_back' || (action === 'rollback' && result === 'succeeded');

/** Counts the calls since a time, in milliseconds since 1970, by the record alone. */
export async function activity(by: ActivityKey, sinceMs: number, store: Store): Promise<Activity> {
  const since = new Date(sinceMs).toISOString();
  const { first, last } = store.read(() => store.audit.bounds({ since }));
  const from = Math.max(first, last - MOST + 1);
  const rows = new Map<string, Counted>();
  for (let next = from; next <= last; next += BATCH) {
    const links = store.read(() => store.audit.page(next, Math.min(BATCH, last - next + 1)));
    for (const { body } of links) count(JSON.parse(body) as AuditBody, since, by, rows);
    await yielded();
  }
  return {
    rows: [...rows].map(([key, counted]) => rowOf(key, counted)).toSorted((a, b) => b.calls - a.calls),
    left_out: Math.max(0, from - first),
  };
}

function count(record: AuditBody, since: string, by: ActivityKey, rows: Map<string, Counted>): void {
  const kind = kindOf(record);
  if (record.time < since || kind === null) return;
  const row = rowFor(record[FIELD[by]] ?? 'none', rows);
  if (kind === 'approval') return add(row.approvals, record.event.slice('approval.'.length));
  if (record.event === 'action.held') add(row.approvals, 'asked');
  row.calls++;
  add(row.outcomes, record.result ?? 'unknown');
  row.times.push(Date.parse(record.time));
  if (isRollback(record)) row.rollbacks++;
  if (record.execution_time_ms !== null) row.durations.push(record.execution_time_ms);
}

function rowFor(key: string, rows: Map<string, Counted>): Counted {
  const known = rows.get(key);
  if (known !== undefined) return known;
  const row = { calls: 0, rollbacks: 0, outcomes: new Map(), approvals: new Map(), durations: [], times: [] };
  rows.set(key, row);
  return row;
}

const add = (counts: Map<string, number>, key: string): void =>
  void counts.set(key, (counts.get(key) ?? 0) + 1);

const rowOf = (key: string, { outcomes, approvals, ...rest }: Counted): ActivityRow => ({
  key,
  ...rest,
  outcomes: Object.fromEntries(outcomes),
  approvals: Object.fromEntries(approvals),
});
