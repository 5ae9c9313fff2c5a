import { BLANK } from '../../store/audit.ts';
import type { House } from '../house.ts';
import type { Run } from '../run.ts';

const MINUTE_MS = 60_000;
/** So many refusals of one kind in a minute have a record each; what comes after them is counted in one. */
const TOLD = 10;

/**
 * A flood of refusals does not fill the disk: what the record of one may leave out is counted. Appends by `append`, or
 * not; answers the record that tells of it. The caller is inside a transaction.
 */
export function recordOrCount(run: Run, error: string, house: House, append: () => number): number {
  const { refusals } = house.store;
  const now = Date.now();
  tellCounts(now - MINUTE_MS, house);
  const kind = { agent: run.agent, tool: run.tool.name, error };
  const row = refusals.get(kind.agent, kind.tool, kind.error);
  if (row !== null && row.told >= TOLD) {
    refusals.put({ ...row, more: row.more + 1 });
    later(house);
    return row.seq;
  }
  const seq = append();
  refusals.put({ ...kind, since_ms: row?.since_ms ?? now, told: (row?.told ?? 0) + 1, seq, more: 0 });
  return seq;
}

/** Puts the counts of minutes that are over on record. */
export function tellRefusals(house: House, untilMs = Date.now() - MINUTE_MS): void {
  house.store.write(() => tellCounts(untilMs, house));
}

function tellCounts(untilMs: number, house: House): void {
  for (const row of house.store.refusals.take(untilMs, Date.now()))
    if (row.more > 0)
      house.store.audit.append({
        ...BLANK,
        agent: row.agent,
        event: 'action.refused_more',
        action: row.tool,
        result: 'denied',
        error: row.error,
        detail: `${row.more} more since ${new Date(row.since_ms).toISOString()}, after record ${row.seq}`,
      });
}

const waiting = new WeakSet<House>();

/** At the end of the minute, where nothing else comes before; a process that ends earlier leaves it to the next. */
function later(house: House): void {
  if (waiting.has(house)) return;
  waiting.add(house);
  setTimeout(() => {
    waiting.delete(house);
    try {
      tellRefusals(house);
    } catch {
      // The counts stay; the next refusal or the next start tells them.
    }
  }, MINUTE_MS + 1000).unref();
}
