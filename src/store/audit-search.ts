import type { AuditBody, AuditFilter, AuditRecord } from '../core/records.ts';
import type { Link } from './audit-chain.ts';
import { boundsOf } from './audit-time.ts';
import type { Statements } from './database.ts';
import { sha256 } from './objects.ts';

/** Finds records. Nothing here vouches for them: the chain does. */
export interface AuditSearch {
  query(filter: AuditFilter): AuditRecord[];
  index(most: number): boolean;
}

/** Fields that are found by their whole value, and where a record has them. */
const FIELDS = {
  agent: 'agent',
  action: 'action',
  action_id: 'action_id',
  risk: 'risk_level',
  result: 'result',
  event: 'event',
} as const satisfies Partial<Record<keyof AuditFilter, keyof AuditBody>>;
const NAMES = Object.keys(FIELDS) as (keyof typeof FIELDS)[];

/** A longer word is a digest, or nothing that anybody types. */
const LONGEST_WORD = 40;
const DEEPEST = 16;

export function auditSearch(db: Statements): AuditSearch {
  const indexed = db.prepare<[], { seq: number | null }>('SELECT max(id) AS seq FROM audit_words_docsize');
  const add = db.prepare('INSERT INTO audit_words (rowid, words) VALUES (?, ?)');
  const lastIndexed = (): number => indexed.get()?.seq ?? 0;
  const newest = db.prepare<[number, number], Link>(
    'SELECT seq, hash, body FROM audit WHERE seq BETWEEN ? AND ? ORDER BY seq DESC',
  );
  const matching = db.prepare<[string, number, number], Link>(
    `SELECT a.seq, a.hash, a.body FROM audit_words AS w CROSS JOIN audit AS a ON a.seq = w.rowid
     WHERE w.audit_words MATCH ? AND w.rowid BETWEEN ? AND ? ORDER BY w.rowid DESC`,
  );

  function* candidates(filter: AuditFilter): Generator<Link> {
    const { first, last } = boundsOf(filter, db);
    const terms = [...marksOf(filter), ...(filter.text === undefined ? [] : wordsIn(filter.text))];
    // What no batch has indexed yet is looked at one by one.
    const done = terms.length === 0 ? 0 : lastIndexed();
    yield* newest.iterate(Math.max(first, done + 1), last);
    if (done === 0) return;
    yield* matching.iterate(terms.map((term) => `"${term}"`).join(' AND '), first, Math.min(last, done));
  }

  return {
    index(most) {
      const rows = db
        .prepare<[number, number], Link>(
          'SELECT seq, hash, body FROM audit WHERE seq > ? ORDER BY seq LIMIT ?',
        )
        .all(lastIndexed(), most);
      for (const { seq, body } of rows) {
        const record = JSON.parse(body) as AuditBody;
        add.run(seq, [...marks(record), ...wordsOf(record)].join(' '));
      }
      return rows.length === most;
    },

    query(filter) {
      const found: AuditRecord[] = [];
      const wanted = filter.text === undefined ? [] : [...wordsIn(filter.text)];
      if (filter.text !== undefined && wanted.length === 0) return [];
      for (const { seq, hash, body } of candidates(filter)) {
        const record = JSON.parse(body) as AuditBody;
        if (!matches(record, filter, wanted)) continue;
        found.push({ seq, hash, body: record });
        if (found.length === filter.limit) break;
      }
      return found;
    },
  };
}

/** The index only narrows down: an agent may have written a mark into a text of its own. */
function matches(record: AuditBody, filter: AuditFilter, wanted: readonly string[]): boolean {
  const { since, until, resource } = filter;
  if (NAMES.some((name) => filter[name] !== undefined && record[FIELDS[name]] !== filter[name])) return false;
  if (since !== undefined && record.time < since) return false;
  if (until !== undefined && record.time > until) return false;
  if (resource !== undefined && record.resources?.some((one) => placesOf(one).has(resource)) !== true)
    return false;
  if (wanted.length === 0) return true;
  const words = wordsOf(record);
  return wanted.every((word) => words.has(word));
}

/** What stands in the index for a field's value: a word that no text has by chance. */
const mark = (field: string, value: string): string =>
  `zq${field.replace('_', '')}${sha256(value).slice(0, 10)}`;

const marksOf = (filter: AuditFilter): string[] => [
  ...NAMES.flatMap((name) => (filter[name] === undefined ? [] : [mark(name, filter[name])])),
  ...(filter.resource === undefined ? [] : [mark('resource', filter.resource)]),
];

const marks = (record: AuditBody): string[] => [
  ...NAMES.flatMap((name) => {
    const value = record[FIELDS[name]];
    return value === null ? [] : [mark(name, value)];
  }),
  ...new Set((record.resources ?? []).flatMap((one) => [...placesOf(one)].map((p) => mark('resource', p)))),
];

/** A resource by all the names it is asked for: itself, its path, and every folder above that. */
function placesOf(resource: string): Set<string> {
  const path = resource.slice(resource.indexOf(':') + 1);
  const places = new Set([resource, path]);
  if (!path.startsWith('/')) return places;
  const names = path.split('/').slice(0, DEEPEST);
  for (let depth = 2; depth < names.length; depth++) places.add(names.slice(0, depth).join('/'));
  return places;
}

const wordsOf = ({ agent, event, action, error, detail, parameters, resources }: AuditBody): Set<string> =>
  wordsIn(JSON.stringify([agent, event, action, error, detail, parameters, resources]));

/** Runs of letters and digits, without case and accents. */
function wordsIn(text: string): Set<string> {
  const plain = text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
  return new Set(plain.match(/[\p{L}\p{N}]+/gu)?.filter((word) => word.length <= LONGEST_WORD));
}
