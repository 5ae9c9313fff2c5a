import type { AuditBody } from '../core/records.ts';
import { canonical } from './canonical.ts';
import { sha256 } from './objects.ts';

/** Bytes that a record’s text may have: four fill a page of the database. */
const MOST = 900;
/** Characters that are left of each text, the first with which all of them fit. */
const SHORTER = [200, 80, 16] as const;

export type AuditEntry = Omit<AuditBody, 'seq' | 'prev' | 'time'>;

/** A record's place in the chain. */
type Place = Pick<AuditBody, 'seq' | 'prev' | 'time'>;

/** A record's text. What does not fit goes by its digest, the parameters first, so that no caller can fill the disk. */
export function fitted(entry: AuditEntry, place: Place): string {
  let text = textOf(entry, place);
  for (const most of SHORTER) {
    if (Buffer.byteLength(text) <= MOST) break;
    text = textOf(shortened(entry, most, most === SHORTER[0]), place);
  }
  return text;
}

function shortened(body: AuditEntry, most: number, parametersAlone: boolean): AuditEntry {
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

/**
 * The canonical JSON of a record: its names are written here in their order, so that only parameters need sorting. In
 * one piece, since to make objects of the parts and text of these took three times as long.
 */
function textOf(entry: AuditEntry, { prev, seq, time }: Place): string {
  const { action, action_id, agent, approval_status, detail, error, event, execution_time_ms } = entry;
  const { resources, result, risk_level, rollback_id, snapshot_id } = entry;
  const parameters = entry.parameters === null ? 'null' : canonical(entry.parameters);
  return (
    `{"action":${quoted(action)},"action_id":${quoted(action_id)},"agent":${quoted(agent)}` +
    `,"approval_status":${quoted(approval_status)},"detail":${quoted(detail)},"error":${quoted(error)}` +
    `,"event":${quoted(event)},"execution_time_ms":${JSON.stringify(execution_time_ms)}` +
    `,"parameters":${parameters},"prev":"${prev}","resources":${JSON.stringify(resources)}` +
    `,"result":${quoted(result)},"risk_level":${quoted(risk_level)},"rollback_id":${quoted(rollback_id)}` +
    `,"seq":${seq},"snapshot_id":${quoted(snapshot_id)},"time":"${time}"}`
  );
}

/** Printable ASCII that stands in JSON as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;
const quoted = (text: string | null): string =>
  text !== null && PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
