import type { AuditBody, AuditReport } from '../../core/records.ts';
import type { Store } from '../../store/store.ts';

const BATCH = 1000;
const LISTED = 50;

const ENDED_BADLY = new Set(['denied', 'rolled_back', 'rollback_failed', 'failed', 'unknown']);
const NOTABLE = /^(approval|approver|audit\.(accepted|anchor_failed)|config|stop|snapshot\.unpinned)/;

const COUNTED = {
  outcomes: 'result',
  risks: 'risk_level',
  agents: 'agent',
  tools: 'action',
  events: 'event',
} as const satisfies Partial<Record<keyof AuditReport, keyof AuditBody>>;

/** Counts the records of a time. Only actions' last records count as outcomes, risks and tools. */
export function auditReport(since: string, until: string, store: Store): AuditReport {
  const { first, last } = store.read(() => store.audit.bounds({ since, until }));
  const counts = Object.fromEntries(Object.keys(COUNTED).map((name) => [name, new Map<string, number>()]));
  const notable: AuditReport['notable'][number][] = [];
  let [records, leftOff] = [0, 0];
  for (let next = first; next <= last; next += BATCH) {
    const links = store.read(() => store.audit.page(next, Math.min(BATCH, last - next + 1)));
    for (const { body } of links) {
      const record = JSON.parse(body) as AuditBody;
      if (record.time < since || record.time > until) continue;
      records++;
      for (const [name, field] of Object.entries(COUNTED)) {
        const value = record[field];
        const counted = name === 'agents' || name === 'events' || record.result !== null;
        if (value !== null && counted) counts[name]?.set(value, (counts[name].get(value) ?? 0) + 1);
      }
      if (!isNotable(record)) continue;
      if (notable.length < LISTED) notable.push(pick(record));
      else leftOff++;
    }
  }
  const sorted = (name: keyof typeof COUNTED): Record<string, number> =>
    Object.fromEntries([...(counts[name] ?? [])].toSorted(([, a], [, b]) => b - a));
  return {
    since,
    until,
    records,
    outcomes: sorted('outcomes'),
    risks: sorted('risks'),
    agents: sorted('agents'),
    tools: sorted('tools'),
    events: sorted('events'),
    notable,
    left_off: leftOff,
  };
}

/** A query that is refused is an agent that lost its way; an action is worth a look. */
const isNotable = ({ event, result }: AuditBody): boolean =>
  NOTABLE.test(event) || (event !== 'query' && result !== null && ENDED_BADLY.has(result));

const pick = ({
  seq,
  time,
  event,
  agent,
  action,
  action_id,
  result,
  risk_level,
  error,
  detail,
}: AuditBody): AuditReport['notable'][number] => ({
  seq,
  time,
  event,
  agent,
  action,
  action_id,
  result,
  risk_level,
  error,
  detail,
});
