import { hash } from 'node:crypto';
import type { Tampering } from '../core/gateway.ts';
import type { AuditBody } from '../core/records.ts';

/** A record as it is stored: `body` is what was hashed. */
export interface Link {
  readonly seq: number;
  readonly hash: string;
  readonly body: string;
}

export interface ChainProblem {
  readonly seq: number;
  readonly kind: Tampering;
  readonly what: string;
}

/** Where a stretch of the chain begins: the sequence number that is due, and the hash it must name. */
export interface ChainEnd {
  readonly next: number;
  readonly hash: string;
}

/** Walks links in their order from a known end; stops at the first that is bad. */
export function walk(
  links: Iterable<Link>,
  from: ChainEnd,
  seen?: (link: Link) => void,
): { end: ChainEnd; problem: ChainProblem | null } {
  let end = from;
  for (const link of links) {
    const problem = checkLink(link, end);
    if (problem !== null) return { end, problem };
    seen?.(link);
    end = { next: link.seq + 1, hash: link.hash };
  }
  return { end, problem: null };
}

function checkLink(link: Link, { next, hash: prev }: ChainEnd): ChainProblem | null {
  const { seq, body } = link;
  if (seq === next && hash('sha256', body) === link.hash && namesPrevious(body, prev, seq)) return null;
  if (seq > next)
    return {
      seq: next,
      kind: 'removed_record',
      what: seq - 1 === next ? `record ${next} is missing` : `records ${next} to ${seq - 1} are missing`,
    };
  if (hash('sha256', body) !== link.hash)
    return { seq, kind: 'changed_record', what: 'its content was changed after it was written' };
  const record = parsed(body);
  if (record?.seq !== seq)
    return { seq, kind: 'reordered', what: `it was moved here; it says that it is record ${record?.seq}` };
  return {
    seq,
    kind: 'changed_record',
    what: 'it does not follow from the record before it: one of the two was written anew',
  };
}

/**
 * Whether a canonical body has these two fields, without parsing it. After `parameters` no field holds an object, and a
 * quote inside a text is escaped, so the last place where the names stand is the record's own.
 */
function namesPrevious(body: string, prev: string, seq: number): boolean {
  const at = body.lastIndexOf('"prev":"');
  const number = body.lastIndexOf(',"seq":');
  return (
    at >= 0 && body.startsWith(`${prev}",`, at + 8) && number > at && body.startsWith(`${seq},`, number + 7)
  );
}

function parsed(body: string): AuditBody | null {
  try {
    return JSON.parse(body) as AuditBody | null;
  } catch {
    return null;
  }
}
