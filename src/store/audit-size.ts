import type { AuditBody } from '../core/records.ts';
import { canonical } from './canonical.ts';
import { sha256 } from './objects.ts';

/** Bytes that a record’s text may have: four fill a page of the database. */
const MOST = 900;
/** Characters that are left of each text, the first with which all of them fit. */
const SHORTER = [200, 80, 16] as const;

/** A record's text. What does not fit goes by its digest, the parameters first, so that no caller can fill the disk. */
export function fitted(body: AuditBody): string {
  let text = textOf(body);
  for (const most of SHORTER) {
    if (Buffer.byteLength(text) <= MOST) break;
    text = textOf(shortened(body, most, most === SHORTER[0]));
  }
  return text;
}

function shortened(body: AuditBody, most: number, parametersAlone: boolean): AuditBody {
  const parameters = canonical(body.parameters);
  const digest = {
    begins: parameters.slice(0, most >> 1).toWellFormed(),
    bytes: Buffer.byteLength(parameters),
    sha256: sha256(parameters),
  };
  const small = { ...body, parameters: body.parameters === null ? null : digest };
  if (parametersAlone && body.parameters !== null) return small;
  const cut = (text: string): string =>
    text.length <= most ? text : `${text.slice(0, most).toWellFormed()}…`;
  return {
    ...small,
    agent: cut(body.agent),
    action: cut(body.action),
    detail: body.detail === null ? null : cut(body.detail),
    resources: body.resources?.slice(0, 1).map(cut) ?? null,
  };
}

/** The canonical JSON of a body: its names are written here in their order, so that only parameters need sorting. */
function textOf(body: AuditBody): string {
  const { action, action_id, agent, approval_status, detail, error, event, execution_time_ms } = body;
  const { prev, resources, result, risk_level, rollback_id, seq, snapshot_id, time } = body;
  const before = { action, action_id, agent, approval_status, detail, error, event, execution_time_ms };
  const after = { prev, resources, result, risk_level, rollback_id, seq, snapshot_id, time };
  const parameters = body.parameters === null ? 'null' : canonical(body.parameters);
  return `${JSON.stringify(before).slice(0, -1)},"parameters":${parameters},${JSON.stringify(after).slice(1)}`;
}
