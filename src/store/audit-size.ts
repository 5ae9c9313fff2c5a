import type { AuditBody } from '../core/records.ts';
import { canonical } from './canonical.ts';
import { sha256 } from './objects.ts';

/** Bytes that a record’s text may have: four fill a page of the database. */
const MOST = 900;
const SHORT = 80;

/** A record's text. What does not fit goes by its digest, the parameters first, so that no caller can fill the disk. */
export function fitted(body: AuditBody): string {
  const text = canonical(body);
  if (Buffer.byteLength(text) <= MOST) return text;
  const parameters = canonical(body.parameters);
  const digest = {
    begins: parameters.slice(0, SHORT).toWellFormed(),
    bytes: Buffer.byteLength(parameters),
    sha256: sha256(parameters),
  };
  const small: AuditBody = { ...body, parameters: body.parameters === null ? null : digest };
  const smallText = canonical(small);
  if (Buffer.byteLength(smallText) <= MOST) return smallText;
  return canonical({
    ...small,
    agent: cut(body.agent),
    action: cut(body.action),
    detail: body.detail === null ? null : cut(body.detail),
    resources: body.resources?.slice(0, 1).map(cut) ?? null,
  });
}

const cut = (text: string): string =>
  text.length <= SHORT ? text : `${text.slice(0, SHORT).toWellFormed()}…`;
