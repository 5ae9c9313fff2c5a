import { hash } from 'node:crypto';
import { HomeostatError } from '../core/errors.ts';
import type { AuditBody, AuditFilter, AuditRecord } from '../core/records.ts';
import type { Link } from './audit-chain.ts';
import { auditSearch } from './audit-search.ts';
import { type SealedDays, sealedDays } from './audit-sealed.ts';
import { boundsOf } from './audit-time.ts';
import { fitted } from './audit-size.ts';
import { canonical } from './canonical.ts';
import type { Statements } from './database.ts';
import { sha256 } from './objects.ts';

export const GENESIS = '0'.repeat(64);

export { canonical };

export type AuditEntry = Omit<AuditBody, 'seq' | 'prev' | 'time'>;

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
  /** The links from a sequence number on, as they are stored; nothing may be written until all are read. */
  from(seq: number): IterableIterator<Link>;
  /** The next so many links from a sequence number on. */
  page(seq: number, most: number): Link[];
  /** Between which sequence numbers all records of a time lie. */
  bounds(time: Pick<AuditFilter, 'since' | 'until'>): { first: number; last: number };
  /** The lowest sequence number that is still in the database; null where it is empty. */
  first(): number | null;
  readonly days: SealedDays;
  /** The highest sequence number that was ever written, whatever is there now. */
  highest(): number;
}

interface Head {
  readonly seq: number;
  readonly hash: string;
  readonly time: string;
}

export function auditLog(db: Statements): AuditLog {
  const last = db.prepare<[], { seq: number; hash: string }>(
    'SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1',
  );
  const insert = db.prepare('INSERT INTO audit (seq, hash, body) VALUES (?, ?, ?)');
  const sequence = db.prepare<[], { seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'audit'");
  const clockWentBack = db.prepare('INSERT INTO audit_clock (seq) VALUES (?)');
  const highest = (): number => sequence.get()?.seq ?? 0;
  const search = auditSearch(db);
  /** The end of the chain as this process wrote or last checked it. */
  let known: Head = { seq: 0, hash: GENESIS, time: '' };

  const link = (seq: number): Link | null =>
    db.prepare<[number], Link>('SELECT seq, hash, body FROM audit WHERE seq = ?').get(seq) ?? null;

  const checkedHead = (): Head => {
    const found = last.get();
    if (found?.seq === known.seq && found.hash === known.hash) return known;
    if (highest() !== (found?.seq ?? 0))
      throw broken(`records up to ${highest()} were written, the last that is there is ${found?.seq ?? 0}`);
    if (found === undefined) return { seq: 0, hash: GENESIS, time: '' };
    const body = link(found.seq)?.body ?? '';
    if (sha256(body) !== found.hash) throw broken(`record ${found.seq} was changed after it was written`);
    return { ...found, time: (JSON.parse(body) as AuditBody).time };
  };

  return {
    append(entry) {
      const before = checkedHead();
      const seq = before.seq + 1;
      const time = new Date().toISOString();
      const text = fitted({ ...entry, seq, prev: before.hash, time });
      const digest = hash('sha256', text);
      insert.run(seq, digest, text);
      if (time < before.time) clockWentBack.run(seq);
      known = { seq, hash: digest, time };
      return seq;
    },
    query: search.query,
    index: search.index,
    count: () => last.get()?.seq ?? 0,
    head: () => last.get() ?? null,
    link,
    from: (seq) =>
      db
        .prepare<[number], Link>('SELECT seq, hash, body FROM audit WHERE seq >= ? ORDER BY seq')
        .iterate(seq),
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
    days: sealedDays(db),
  };
}

function broken(what: string): HomeostatError {
  return new HomeostatError('state_corrupt', `the chain of the audit is broken: ${what}`, {
    next: 'A person runs `homeostat audit verify`, which says what happened to it.',
  });
}
