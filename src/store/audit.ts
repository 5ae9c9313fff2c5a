import canonicalizeModule from 'canonicalize';
import type { AuditBody, AuditFilter, AuditRecord } from '../core/records.ts';
import type { ChainVerdict } from '../core/gateway.ts';
import type { Statements } from './database.ts';
import { sha256 } from './objects.ts';

// The package is CommonJS with a default export that TypeScript types as the module.
const canonicalize = canonicalizeModule as unknown as (value: unknown) => string;

/** RFC 8785 canonical JSON. */
export const canonical = (value: unknown): string => canonicalize(value);

export const GENESIS = '0'.repeat(64);

export type AuditEntry = Omit<AuditBody, 'seq' | 'prev' | 'time'>;

/** Everything that an entry may leave out. */
export const BLANK: Omit<AuditEntry, 'event' | 'agent' | 'action'> = {
  action_id: null,
  parameters: null,
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
  /** Appends one link; the caller is inside a transaction, which makes it durable together with what it tells of. */
  append(entry: AuditEntry): number;
  query(filter: AuditFilter): AuditRecord[];
  count(): number;
  verify(): ChainVerdict;
}

interface Row {
  seq: number;
  hash: string;
  body: string;
}

const WHERE: { readonly [K in keyof Omit<AuditFilter, 'limit'>]-?: string } = {
  agent: 'agent = @agent',
  action: 'action = @action',
  action_id: 'action_id = @action_id',
  risk: 'risk = @risk',
  result: 'result = @result',
  event: 'event = @event',
  since: 'time >= @since',
  until: 'time <= @until',
  text: "body LIKE '%' || @text || '%' ESCAPE '!'",
  before: 'seq < @before',
};

export function auditLog(db: Statements): AuditLog {
  const head = db.prepare<[], Row>('SELECT seq, hash, body FROM audit ORDER BY seq DESC LIMIT 1');
  const insert = db.prepare('INSERT INTO audit (seq, hash, body) VALUES (?, ?, ?)');
  return {
    append(entry) {
      const last = head.get();
      const seq = (last?.seq ?? 0) + 1;
      const body: AuditBody = { ...entry, seq, prev: last?.hash ?? GENESIS, time: new Date().toISOString() };
      const text = canonical(body);
      insert.run(seq, sha256(text), text);
      return seq;
    },

    query(filter) {
      const given = (Object.keys(WHERE) as (keyof typeof WHERE)[]).filter((key) => filter[key] !== undefined);
      const where = given.length > 0 ? `WHERE ${given.map((key) => WHERE[key]).join(' AND ')}` : '';
      const rows = db
        .prepare<[object], Row>(`SELECT seq, hash, body FROM audit ${where} ORDER BY seq DESC LIMIT @limit`)
        .all({ ...filter, text: filter.text?.replaceAll(/[!%_]/g, '!$&') });
      return rows.map((row) => ({ seq: row.seq, hash: row.hash, body: JSON.parse(row.body) as AuditBody }));
    },

    count: () => db.prepare<[], { n: number | null }>('SELECT max(seq) AS n FROM audit').get()?.n ?? 0,

    verify() {
      let prev = GENESIS;
      let expected = 1;
      let bad: ChainVerdict['problem'] = null;
      for (const row of db.prepare<[], Row>('SELECT seq, hash, body FROM audit ORDER BY seq').iterate()) {
        bad ??= checkLink(row, expected, prev);
        prev = row.hash;
        expected = row.seq + 1;
      }
      const records = expected - 1;
      const highest = db
        .prepare<[], { seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")
        .get()?.seq;
      if (bad === null && highest !== undefined && highest > records) {
        bad = { seq: records + 1, what: `the tail is cut: records up to ${highest} were written` };
      }
      return { ok: bad === null, records, problem: bad };
    },
  };
}

function checkLink(row: Row, expected: number, prev: string): ChainVerdict['problem'] {
  if (row.seq !== expected)
    return { seq: expected, what: `records ${expected} to ${row.seq - 1} are missing` };
  if (sha256(row.body) !== row.hash)
    return { seq: row.seq, what: 'its content was changed after it was written' };
  const body = JSON.parse(row.body) as AuditBody | null;
  if (body?.prev !== prev) return { seq: row.seq, what: 'it does not follow from the record before it' };
  if (body.seq !== row.seq) return { seq: row.seq, what: 'it was moved from another place' };
  return null;
}
