import { hash } from 'node:crypto';
import { HomeostatError } from '../core/errors.ts';
import type { AuditFilter, AuditRecord } from '../core/records.ts';
import type { Link } from './audit-chain.ts';
import { auditSearch } from './audit-search.ts';
import { type SealedDays, sealedDays } from './audit-sealed.ts';
import { boundsOf } from './audit-time.ts';
import { type AuditEntry, fitted } from './audit-size.ts';
import { canonical } from './canonical.ts';
import type { Statements } from './database.ts';

export const GENESIS = '0'.repeat(64);

export { canonical };
export type { AuditEntry };

/** Everything that an entry may leave out. */
export const BLANK: Omit<AuditEntry, 'event' | 'agent' | 'action'> = {
  action_id: null,
  parameters: null,
  resources: null,
  risk_level: null,
  approval_status: null,
  result: null,
  error: null,
  snapshot_id: null,
  rollback_id: null,
  execution_time_ms: null,
  detail: null,
};

export interface AuditLog {
  /**
   * Appends one link; the caller is inside a transaction, which makes it durable together with what it tells of.
   * Throws `state_corrupt` where the end of the chain is not as it was written.
   */
  append(entry: AuditEntry): number;
  query(filter: AuditFilter): AuditRecord[];
  /** Indexes at most so many records that are not found by queries yet; false when none is left. */
  index(most: number): boolean;
  count(): number;
  /** The last link; null while there is none. */
  head(): Omit<Link, 'body'> | null;
  link(seq: number): Link | null;
  /** The links from a sequence number on, as they are stored. */
  from(seq: number): Iterable<Link>;
  /** The next so many links from a sequence number on. */
  page(seq: number, most: number): Link[];
  /** Between which sequence numbers all records of a time lie. */
  bounds(time: Pick<AuditFilter, 'since' | 'until'>): { first: number; last: number };
  /** The lowest sequence number that is still in the database; null where it is empty. */
  first(): number | null;
  readonly days: SealedDays;
  /** The highest sequence number that is known to have been written, by the mark or by this process, whatever is there now. */
  highest(): number;
  /** Moves the mark to the last record; the caller is inside a transaction, which costs it a page. */
  mark(): void;
  /** Called where what was appended is taken back. */
  takenBack(): void;
}

type LinkRow = [seq: number, hash: string, body: string];

/** Records that are read at once. */
const AT_ONCE = 200;

interface Head {
  readonly seq: number;
  readonly hash: string;
  readonly time: string;
}

const NOTHING: Head = { seq: 0, hash: GENESIS, time: '' };

export function auditLog(db: Statements): AuditLog {
  const last = db.prepare<[], LinkRow>('SELECT seq, hash, body FROM audit ORDER BY seq DESC LIMIT 1').raw();
  const insert = db.prepare('INSERT INTO audit (seq, hash, body) VALUES (?, ?, ?)');
  const marked = db.prepare<[], { seq: number | null }>(
    'SELECT max(seq) AS seq FROM (SELECT seq FROM audit_mark UNION ALL SELECT max(last_seq) FROM audit_days)',
  );
  const mark = db.prepare('UPDATE audit_mark SET seq = max(seq, (SELECT coalesce(max(seq), 0) FROM audit))');
  const clockWentBack = db.prepare('INSERT INTO audit_clock (seq) VALUES (?)');
  const highest = (): number => Math.max(marked.get()?.seq ?? 0, known.seq);
  const search = auditSearch(db);
  /** The end of the chain as this process wrote or last checked it. */
  let known = NOTHING;

  const link = (seq: number): Link | null =>
    db.prepare<[number], Link>('SELECT seq, hash, body FROM audit WHERE seq = ?').get(seq) ?? null;

  /** In arrays, and some hundreds at once: to make an object of each row, one by one, took a third of the time. */
  function* from(seq: number): Generator<Link> {
    const next = db
      .prepare<[number], LinkRow>(
        `SELECT seq, hash, body FROM audit WHERE seq >= ? ORDER BY seq LIMIT ${AT_ONCE}`,
      )
      .raw();
    for (let rows = next.all(seq); rows.length > 0; rows = next.all((rows.at(-1)?.[0] ?? 0) + 1))
      for (const row of rows) yield { seq: row[0], hash: row[1], body: row[2] };
  }

  /** The end of the chain; where it is another than this process knows, it is looked at before it is gone on from. */
  const checkedHead = (): Head => {
    const [seq, found, body] = last.get() ?? [0, GENESIS, ''];
    if (seq > 0 && seq === known.seq && found === known.hash) return known;
    // The mark is looked at by who begins, and by the keeper: for each record it would be two pages more to read.
    const written = known.seq === 0 ? highest() : known.seq;
    if (written > seq)
      throw broken(`records up to ${written} were written, the last that is there is ${seq}`);
    if (seq === 0) return NOTHING;
    if (hash('sha256', body) !== found) throw broken(`record ${seq} was changed after it was written`);
    return { seq, hash: found, time: timeOf(body) };
  };

  return {
    append(entry) {
      const before = checkedHead();
      const seq = before.seq + 1;
      const time = new Date().toISOString();
      const text = fitted(entry, { seq, prev: before.hash, time });
      const digest = hash('sha256', text);
      insert.run(seq, digest, text);
      if (time < before.time) clockWentBack.run(seq);
      known = { seq, hash: digest, time };
      return seq;
    },
    query: search.query,
    index: search.index,
    count: () => last.get()?.[0] ?? 0,
    head() {
      const [seq, found] = last.get() ?? [];
      return seq === undefined || found === undefined ? null : { seq, hash: found };
    },
    link,
    from,
    page: (seq, most) =>
      db
        .prepare<[number, number], Link>(
          'SELECT seq, hash, body FROM audit WHERE seq >= ? ORDER BY seq LIMIT ?',
        )
        .all(seq, most),
    first: () =>
      db.prepare<[], { seq: number | null }>('SELECT min(seq) AS seq FROM audit').get()?.seq ?? null,
    bounds: (time) => boundsOf({ ...time, limit: 0 }, db),
    highest,
    mark: () => void mark.run(),
    takenBack: () => void (known = NOTHING),
    days: sealedDays(db),
  };
}

/** The time is the last field of a canonical body. */
const timeOf = (body: string): string => /"time":"([^"]*)"\}$/.exec(body)?.[1] ?? '';

function broken(what: string): HomeostatError {
  return new HomeostatError('state_corrupt', `the chain of the audit is broken: ${what}`, {
    next: 'A person runs `homeostat audit verify`, which says what happened to it.',
  });
}
