import { setImmediate as yielded } from 'node:timers/promises';
import type { Counts } from '../../core/metrics.ts';
import type { AuditBody } from '../../core/records.ts';
import type { House } from '../house.ts';
import { stopReason } from '../stop.ts';
import { isRollback, kindOf } from './activity.ts';

const BATCH = 1000;

/** Counts what comes to the record from now on, whichever process puts it there. */
export function openCounts(house: House): () => Promise<Counts> {
  const { store } = house;
  const calls = new Map<string, Map<string, number>>();
  const spent = new Map<string, number>();
  const approvals = new Map<string, number>();
  let rollbacks = 0;
  let seen = store.read(() => store.audit.count());
  let reading: Promise<void> = Promise.resolve();

  const count = (record: AuditBody): void => {
    const kind = kindOf(record);
    if (kind === 'approval') add(approvals, record.event.slice('approval.'.length), 1);
    if (kind !== 'call') return;
    // What an agent makes up is no label.
    const tool = house.tools.has(record.action) ? record.action : 'other';
    const outcomes = calls.get(tool) ?? new Map<string, number>();
    calls.set(tool, outcomes);
    add(outcomes, record.result ?? 'unknown', 1);
    add(spent, tool, (record.execution_time_ms ?? 0) / 1000);
    if (isRollback(record)) rollbacks++;
  };
  const read = async (): Promise<void> => {
    for (;;) {
      const links = store.read(() => store.audit.page(seen + 1, BATCH));
      for (const { seq, body } of links) {
        count(JSON.parse(body) as AuditBody);
        seen = seq;
      }
      if (links.length < BATCH) return;
      await yielded();
    }
  };
  return async () => {
    // One after the other, or two scrapes at once would count the same records.
    reading = reading.catch(() => undefined).then(read);
    await reading;
    return {
      calls: [...calls].flatMap(([tool, outcomes]) =>
        [...outcomes].map(([outcome, number]) => ({ tool, outcome, count: number })),
      ),
      durations: [...spent].map(([tool, seconds]) => ({ tool, seconds })),
      approvals: [...approvals].map(([word, number]) => ({ word, count: number })),
      rollbacks,
      pending: store.read(() => store.approvals.countPending()),
      stopped: stopReason(house) !== null,
    };
  };
}

const add = (counts: Map<string, number>, key: string, by: number): void =>
  void counts.set(key, (counts.get(key) ?? 0) + by);
