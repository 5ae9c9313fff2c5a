import type { AuditBody, AuditFilter } from '../core/records.ts';
import type { Statements } from './database.ts';

/**
 * Between which sequence numbers every record of the wanted time lies. Between two moments at which the clock went
 * back, times only grow, so that each stretch is searched by halving.
 */
export function boundsOf(filter: AuditFilter, db: Statements): { first: number; last: number } {
  const ends = db
    .prepare<[], { first: number | null; last: number | null }>(
      'SELECT (SELECT min(seq) FROM audit) AS first, (SELECT max(seq) FROM audit) AS last',
    )
    .get();
  const last = Math.min(ends?.last ?? 0, (filter.before ?? Infinity) - 1);
  const first = ends?.first ?? 1;
  const { since, until } = filter;
  if ((since === undefined && until === undefined) || last < first) return { first, last };
  const starts = [first, ...clockWentBack(db).filter((seq) => seq > first && seq <= last)];
  const stretches = starts.map((from, n) => ({ from, to: (starts[n + 1] ?? last + 1) - 1 }));
  const found = stretches.map(({ from, to }) => ({
    first: since === undefined ? from : firstThat((time) => time >= since, from, to, db),
    last: until === undefined ? to : firstThat((time) => time > until, from, to, db) - 1,
  }));
  const filled = found.filter((bounds) => bounds.first <= bounds.last);
  return {
    first: Math.min(...filled.map((bounds) => bounds.first)),
    last: Math.max(...filled.map((bounds) => bounds.last), 0),
  };
}

const clockWentBack = (db: Statements): number[] =>
  db
    .prepare<[], { seq: number }>('SELECT seq FROM audit_clock ORDER BY seq')
    .all()
    .map((row) => row.seq);

/** The first record of a stretch whose time fulfils what all later ones fulfil too; one beyond it where none does. */
function firstThat(test: (time: string) => boolean, from: number, to: number, db: Statements): number {
  const at = db.prepare<[number], { body: string }>('SELECT body FROM audit WHERE seq = ?');
  let [low, high] = [from, to + 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    const body = at.get(middle)?.body;
    // A record that somebody removed tells nothing; then the whole stretch is looked at.
    if (body === undefined) return from;
    if (test((JSON.parse(body) as AuditBody).time)) high = middle;
    else low = middle + 1;
  }
  return low;
}
