import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { HomeostatError } from '../core/errors.ts';
import type { ChainVerdict } from '../core/gateway.ts';
import type { AuditBody } from '../core/records.ts';
import { renderReportOf } from './audit-report.ts';
import { EXIT } from './exit-codes.ts';
import { line, query } from './inspect.ts';
import { type GlobalOptions, withSession } from './session.ts';
import { jsonLine, jsonText, note, paint, print } from './terminal.ts';

const DAY_MS = 86_400_000;
const BATCH = 1000;
const FOLLOW_MS = 500;

interface AuditOptions extends GlobalOptions {
  readonly limit?: number;
  readonly action?: string;
  readonly byAgent?: string;
  readonly id?: string;
  readonly text?: string;
  readonly since?: string;
  readonly until?: string;
  readonly risk?: string;
  readonly result?: string;
  readonly event?: string;
  readonly resource?: string;
  readonly before?: number;
}

export const audit = async (options: AuditOptions): Promise<void> => {
  const {
    limit = 20,
    action,
    byAgent,
    id,
    text,
    since,
    until,
    risk,
    result,
    event,
    resource,
    before,
  } = options;
  const filter = { limit, action, text, since, until, risk, result, event, resource, before };
  const all = { ...filter, agent: byAgent, action_id: id };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  await query('query_audit', given, options, ({ records }) => {
    for (const record of records as AuditBody[]) printRecord(record);
  });
};

const printRecord = (r: AuditBody): void =>
  line(
    String(r.seq).padStart(6),
    r.time.slice(0, 19),
    r.event.padEnd(17),
    (r.result ?? '').padEnd(9),
    (r.risk_level ?? '').padEnd(8),
    r.agent,
    `${r.action} ${r.action_id ?? ''}`,
  );

/** `homeostat audit verify`: names the first bad link, and ends with 1 where there is one. */
export async function verify(options: GlobalOptions & { anchor?: string }): Promise<void> {
  const anchor = options.anchor === undefined ? undefined : readText(options.anchor).split('\n');
  await withSession(options, async ({ operator }) => {
    const verdict = (await operator()).verifyAudit(anchor);
    const { records, heads, days, anchored, problem } = verdict;
    if (options.json === true) print(jsonLine(verdict));
    else if (problem === null)
      print(
        `the chain of ${records} records is whole; ${heads} signed heads, ${days} sealed days and ${anchored} anchored heads agree`,
      );
    else print(`${paint('red', 'broken')} at record ${problem.seq}: ${problem.kind}: ${problem.what}`);
    if (options.json !== true)
      for (const { from, seq, time, heads: others } of verdict.accepted)
        print(
          `${paint('yellow', 'accepted')}: other records stood from ${from} on, of which ${others} signed heads tell; a person accepted that at ${time}, record ${seq}`,
        );
    if (options.json !== true && anchorTrouble(verdict) !== null)
      print(`${paint('yellow', 'anchor')}: ${anchorTrouble(verdict)}`);
    process.exitCode = verdict.ok ? EXIT.done : EXIT.failed;
  });
}

/** `homeostat audit accept`: a person says that they have put an older database in place. */
export async function accept(options: GlobalOptions & { anchor?: string }): Promise<void> {
  const anchor = options.anchor === undefined ? undefined : readText(options.anchor).split('\n');
  await withSession(options, async ({ operator, proof }) => {
    const person = await operator();
    const { problem } = person.verifyAudit(anchor);
    if (problem !== null) note(`record ${problem.seq}: ${problem.kind}: ${problem.what}`);
    const from = await person.acceptAudit(anchor, await proof('Passphrase to accept the record as it is: '));
    if (options.json === true) print(jsonLine({ accepted_from: from }));
    else note(`accepted from record ${from} on; homeostat audit verify tells of it from now on`);
  });
}

/** What is wrong with the anchor, if anything. */
export function anchorTrouble({ anchor }: ChainVerdict): string | null {
  if (anchor === null || anchor.failure === null) return null;
  return `it has not taken ${anchor.waiting} signed heads: ${anchor.failure}`;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new HomeostatError('invalid_input', `${path} cannot be read`, { cause });
  }
}

/** `homeostat audit report`: a day (today) or the seven days that end with it, by UTC. */
export async function report(
  options: GlobalOptions & { day?: string | true; week?: string | true },
): Promise<void> {
  const asked = options.week ?? options.day ?? true;
  const day = asked === true ? new Date().toISOString().slice(0, 10) : asked;
  const start = Date.parse(`${day}T00:00:00.000Z`);
  if (Number.isNaN(start))
    throw new HomeostatError('invalid_input', `${day} is no day; write it as 2026-01-31`);
  const since = new Date(start - (options.week === undefined ? 0 : 6 * DAY_MS)).toISOString();
  const until = new Date(start + DAY_MS - 1).toISOString();
  await withSession(options, async ({ operator }) => {
    const found = (await operator()).auditReport(since, until);
    print(options.json === true ? jsonText(found) : renderReportOf(found));
  });
}

/** `homeostat audit export`: each record as it was hashed, one a line, the oldest first. */
export async function exportLines(
  options: GlobalOptions & { since?: string; until?: string },
): Promise<void> {
  await withSession(options, async ({ operator }) => {
    const person = await operator();
    const { first, last } = person.auditBounds(timeOf(options.since), timeOf(options.until));
    for (let after = first - 1; after < last;) {
      const lines = person.auditLines(after, Math.min(BATCH, last - after));
      if (lines.length === 0) break;
      await written(`${lines.map(({ line: text }) => text).join('\n')}\n`);
      after = lines.at(-1)?.seq ?? last;
    }
  });
}

async function written(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

function timeOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (!Number.isNaN(time.getTime())) return time.toISOString();
  throw new HomeostatError('invalid_input', `${text} is no time; write it as 2026-01-31T00:00:00Z`);
}

/** `homeostat audit tail`: the last records and, with `--follow`, each new one, until it is interrupted. */
export async function tail(options: GlobalOptions & { limit?: number; follow?: boolean }): Promise<void> {
  await withSession(options, async ({ operator, connection }) => {
    const person = await operator();
    const { signal } = connection();
    const show = ({ line: text }: { line: string }): void =>
      options.json === true ? print(text) : printRecord(JSON.parse(text) as AuditBody);
    let after = Math.max(0, person.auditBounds().last - (options.limit ?? 20));
    for (;;) {
      const lines = person.auditLines(after, BATCH);
      lines.forEach(show);
      after = lines.at(-1)?.seq ?? after;
      if (lines.length === BATCH) continue;
      if (options.follow !== true || signal.aborted) return;
      await sleep(FOLLOW_MS, undefined, { signal }).catch(() => undefined);
    }
  });
}
