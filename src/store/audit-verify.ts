import type { ChainVerdict } from '../core/gateway.ts';
import type { AuditBody } from '../core/records.ts';
import { type AuditLog, GENESIS } from './audit.ts';
import { type ChainEnd, type ChainProblem, walk } from './audit-chain.ts';
import { type DayFiles, type SignedManifest, linksOf } from './audit-days.ts';
import type { SignedHead } from './audit-heads.ts';
import { isSigned } from './audit-signer.ts';
import { sha256 } from './objects.ts';

export interface Evidence {
  readonly log: AuditLog;
  readonly days: DayFiles;
  /** As they lie in the state. */
  readonly heads: readonly SignedHead[];
  /** As a person kept them elsewhere. */
  readonly anchored: readonly SignedHead[];
  /** The public key of this state; null where it has signed nothing yet. */
  readonly key: string | null;
}

class Found extends Error {
  readonly problem: ChainProblem;
  constructor(problem: ChainProblem) {
    super(problem.what);
    this.problem = problem;
  }
}

const found = (seq: number, kind: ChainProblem['kind'], what: string): Found =>
  new Found({ seq, kind, what });

/** Looks at everything that tells of the record: the chain, sealed days, signed heads, and kept ones. */
export function verifyAudit(evidence: Evidence): Omit<ChainVerdict, 'anchor'> {
  const { log, days, heads, anchored } = evidence;
  const counts = { records: 0, heads: 0, days: 0, anchored: 0 };
  let accepted: Accepted[] = [];
  try {
    const manifests = days.manifests().map((manifest) => checkManifest(manifest, evidence));
    const stated = [...heads, ...anchored].map(({ seq }) => seq);
    const hashes = new Map([...stated, ...manifests.map((day) => day.last_seq)].map((seq) => [seq, '']));
    const seen = ({ seq, hash }: { seq: number; hash: string }): void => {
      counts.records++;
      if (hashes.has(seq)) hashes.set(seq, hash);
    };
    const start = walkArchive(manifests, evidence, seen);
    const { end, problem } = walk(log.from(log.first() ?? start.next), start, seen);
    if (problem !== null) throw new Found(asFork(problem, log));
    checkTail(end, log);
    for (const day of manifests) {
      if (hashes.get(day.last_seq) !== day.last_hash) throw unlike(day.last_seq, day.name, end, evidence);
      counts.days++;
    }
    accepted = acceptances([...heads, ...anchored], hashes, evidence);
    for (const [name, list] of [
      ['heads', heads],
      ['anchored', anchored],
    ] as const)
      for (const head of list) {
        checkSignature(head, head.seq, name === 'heads' ? 'a signed head' : 'an anchored head', evidence);
        if (hashes.get(head.seq) === head.hash) counts[name]++;
        else {
          const known = accepted.find(({ from, time }) => head.seq >= from && head.time <= time);
          if (known === undefined) throw unlike(head.seq, head.time, end, evidence);
          known.heads++;
        }
      }
    return { ok: true, ...counts, accepted, problem: null };
  } catch (error) {
    if (error instanceof Found) return { ok: false, ...counts, accepted, problem: error.problem };
    throw error;
  }
}

interface Accepted {
  readonly from: number;
  readonly seq: number;
  readonly time: string;
  /** How many heads tell of what was there before. */
  heads: number;
}

/** What a person has accepted: signed by this state, of a record that is in its chain. */
function acceptances(
  heads: readonly SignedHead[],
  hashes: ReadonlyMap<number, string>,
  { key }: Evidence,
): Accepted[] {
  const known = new Map<number, Accepted>();
  for (const head of heads) {
    const { kind, from, seq, hash, time } = head;
    if (kind !== 'accepted' || from === undefined || hashes.get(seq) !== hash) continue;
    if (head.key === key && isSigned(head)) known.set(seq, { from, seq, time, heads: 0 });
  }
  return [...known.values()];
}

function checkManifest(manifest: SignedManifest | null, evidence: Evidence): SignedManifest {
  if (manifest === null) throw found(0, 'sealed_file_changed', 'a manifest of a sealed day cannot be read');
  const { name, first_seq } = manifest;
  checkSignature(manifest, first_seq, `the manifest of ${name}`, evidence);
  const content = evidence.days.read(name);
  if (content === null)
    throw found(first_seq, 'sealed_file_changed', `the file of ${name} is gone or damaged`);
  if (sha256(content) === manifest.sha256) return manifest;
  const { end, problem } = walk(linksOf(content, first_seq), { next: first_seq, hash: manifest.prev });
  throw found(
    problem?.seq ?? Math.min(end.next, manifest.last_seq),
    'sealed_file_changed',
    `the file of ${name} is not what was sealed`,
  );
}

function checkSignature(
  statement: SignedHead | SignedManifest,
  seq: number,
  what: string,
  { key }: Evidence,
): void {
  if (!isSigned(statement)) throw found(seq, 'bad_signature', `the signature of ${what} is not right`);
  if (statement.key !== key)
    throw found(seq, 'bad_signature', `${what} is signed by another key than this state has`);
}

/** Goes through the sealed files of what the database does not hold any more. */
function walkArchive(
  manifests: readonly SignedManifest[],
  { log, days }: Evidence,
  seen: (link: { seq: number; hash: string }) => void,
): ChainEnd {
  let end: ChainEnd = { next: 1, hash: GENESIS };
  const first = log.first() ?? log.highest() + 1;
  const archived = Math.max(0, ...log.days.all().map((day) => (day.archived ? day.last_seq : 0)));
  for (const day of manifests) {
    if (day.first_seq !== end.next && end.next < first)
      throw found(
        end.next,
        'removed_record',
        `the days between records ${end.next} and ${day.first_seq} are gone`,
      );
    if (day.first_seq >= first) break;
    const links = [...linksOf(days.read(day.name) ?? Buffer.of(), day.first_seq)].filter(
      ({ seq }) => seq < first,
    );
    const walked = walk(links, end, seen);
    if (walked.problem !== null) throw new Found(walked.problem);
    end = walked.end;
  }
  if (first > archived + 1) {
    const missing = Math.max(archived + 1, 1);
    throw found(missing, 'removed_record', `records ${missing} to ${first - 1} are missing`);
  }
  return end;
}

/** A record that follows from an earlier one than the one before it: somebody went on from a copy. */
function asFork(problem: ChainProblem, log: AuditLog): ChainProblem {
  if (problem.kind !== 'changed_record') return problem;
  const link = log.link(problem.seq);
  if (link === null || sha256(link.body) !== link.hash) return problem;
  const { prev } = JSON.parse(link.body) as AuditBody;
  for (const earlier of log.from(log.first() ?? 1)) {
    if (earlier.seq >= problem.seq - 1) break;
    if (earlier.hash === prev)
      return {
        ...problem,
        kind: 'fork',
        what: `it goes on from record ${earlier.seq}: two chains were joined`,
      };
  }
  return problem;
}

function checkTail({ next }: ChainEnd, log: AuditLog): void {
  const highest = log.highest();
  if (highest >= next)
    throw found(next, 'cut_tail', `the tail is cut: records up to ${highest} were written`);
}

/** A statement that does not agree with a chain that is whole in itself. */
function unlike(seq: number, said: string, { next }: ChainEnd, { heads, anchored }: Evidence): Found {
  if (seq >= next)
    return found(
      next,
      'older_copy',
      `the database is an older copy, or was cut: record ${seq} was signed (${said}), the last that is there is ${next - 1}`,
    );
  const others = [...heads, ...anchored].filter((head) => head.seq === seq);
  if (new Set(others.map((head) => head.hash)).size > 1)
    return found(seq, 'fork', `two different records ${seq} were signed: two copies were written to`);
  return found(
    seq,
    'rewritten',
    `it is not the record ${seq} that was signed (${said}): the chain was written anew`,
  );
}

/** The end of the chain, quickly: what was signed last is still there, and what follows it is whole. */
export function checkEnd(log: AuditLog, head: SignedHead | null, most: number): ChainProblem | null {
  const last = log.count();
  if (log.highest() > last)
    return { seq: last + 1, kind: 'cut_tail', what: `records up to ${log.highest()} were written` };
  if (head !== null && isSigned(head)) {
    const link = log.link(head.seq);
    if (link === null && head.seq > last)
      return {
        seq: last + 1,
        kind: 'older_copy',
        what: `record ${head.seq} was signed, ${last} is the last`,
      };
    if (link !== null && link.hash !== head.hash)
      return {
        seq: head.seq,
        kind: 'rewritten',
        what: `it is not the record that was signed (${head.time})`,
      };
  }
  const before = log.link(Math.max(head?.seq ?? 0, last - most));
  if (before === null) return null;
  const links = log.page(before.seq + 1, most);
  return walk(links, { next: before.seq + 1, hash: before.hash }).problem;
}
