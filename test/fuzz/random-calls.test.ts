import { SEED, fc } from '../helpers/seeded.ts';
import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import type { ActionReport, Report } from '../../src/core/outcome.ts';
import type { AuditBody } from '../../src/core/records.ts';
import { TOOLS } from '../../src/tools/index.ts';
import { type TestApp, testApp } from '../helpers/app.ts';
import { schemaErrors } from '../helpers/schemas.ts';
import { treeOf } from '../helpers/tree.ts';
import { type Call, arbitraryCall } from './arbitrary-calls.ts';

const CALLS = Number(process.env['FUZZ_CALLS'] ?? 2_500);
const AT_ONCE = 8;

const CONFIG = `
limits:
  actions_per_minute: 10000000
  concurrent_actions: 1000
  command_seconds: 5
protected:
  paths: [bin]
toolsets: [core, process, compose, metrics, agents]
`;

const actions = new Set(TOOLS.filter((tool) => tool.kind === 'action').map((tool) => tool.name));
const queries = new Set(TOOLS.filter((t) => t.kind === 'query' && t.recorded).map((tool) => tool.name));

interface Done {
  readonly call: Call;
  readonly report: Report;
}

/** A report of an action that got as far as the pipeline; another kind has no list of records. */
const isAction = ({ call }: Done): boolean => actions.has(call.tool);
const reportOf = ({ report }: Done): ActionReport => report as ActionReport;

function plant(t: TestApp): string {
  const canary = join(t.base, 'canary');
  mkdirSync(canary);
  writeFileSync(join(canary, 'secret.txt'), 'nobody may read or change this\n');
  writeFileSync(join(t.root, 'a.txt'), 'one\ntwo\n');
  writeFileSync(join(t.root, 'bin'), 'protected\n');
  writeFileSync(join(t.root, '.env'), 'TOKEN=abc\n');
  symlinkSync('../canary', join(t.root, 'out'));
  symlinkSync('../canary/secret.txt', join(t.root, 'link'));
  symlinkSync('nowhere', join(t.root, 'dangling'));
  symlinkSync('loop', join(t.root, 'loop'));
  return canary;
}

/** Puts the ids of earlier actions where a call stands for one. */
function resolved(value: unknown, ids: readonly string[]): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  if (Object.keys(value).join() === 'earlier') {
    return (
      ids[
        ids.length - 1 - ((value as { earlier: number }).earlier % Math.max(1, Math.min(ids.length, 40)))
      ] ?? 'none'
    );
  }
  const entries = Object.entries(value as Record<string, unknown>).map(([key, inner]) => [
    key,
    resolved(inner, ids),
  ]);
  return Object.fromEntries(entries) as unknown;
}

async function callAll(calls: readonly Call[], t: TestApp): Promise<Done[]> {
  const done: Done[] = [];
  const ids: string[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let call = calls[next++]; call !== undefined; call = calls[next++]) {
      const report = await t.app.gateway.call(call.tool, resolved(call.input, ids), {
        principal: { client: call.client, card: null, user: 'tester' },
        cwd: t.root,
        announced: null,
        signal: new AbortController().signal,
      });
      done.push({ call, report });
      if ('action_id' in report && report.action_id !== null) ids.push(report.action_id);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return done;
}

/** Processes of this test: its children, and those that carry the mark of one of its actions. */
function processes(ids: ReadonlySet<string>): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        const mark = /HOMEOSTAT_ACTION_ID=(\w+)/.exec(readFileSync(`/proc/${pid}/environ`, 'latin1'))?.[1];
        return parent === process.pid || ids.has(mark ?? '')
          ? [stat.slice(0, stat.lastIndexOf(')') + 3)]
          : [];
      } catch {
        return [];
      }
    });
}

async function wholeAudit(t: TestApp): Promise<AuditBody[]> {
  const all: AuditBody[] = [];
  for (let before: number | null | undefined; before !== null;) {
    const { result } = await t.ask('query_audit', {
      limit: 200,
      ...(before === undefined ? {} : { before }),
    });
    const page = result as { records: AuditBody[]; next: number | null };
    all.push(...page.records);
    before = page.next;
  }
  return all;
}

/** What the record tells once the process has ended, which tells what it had only counted until then. */
async function onRecord(t: TestApp): Promise<Pick<Aftermath, 'records' | 'verdict' | 'status'>> {
  await t.close();
  const later = await testApp({ on: t });
  const records = await wholeAudit(later);
  const verdict = (await later.app.operator()).verifyAudit();
  const status = (await later.ask('get_status')).result;
  await later.close();
  return { records, verdict, status };
}

/** All that the calls left behind, looked at before the folders go. */
interface Aftermath {
  readonly done: Done[];
  readonly records: AuditBody[];
  readonly verdict: unknown;
  readonly status: unknown;
  readonly canary: { before: unknown; after: unknown };
  readonly beside: string[];
  readonly inRoot: string[];
  readonly processes: string[];
  readonly unhandled: unknown[];
}

async function leftProcesses(ids: ReadonlySet<string>, before: readonly string[]): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const left = processes(ids).filter((one) => !before.includes(one));
    // A child that has ended is listed until its parent has heard of it.
    if (left.length === 0 || tries > 50) return left;
    await sleep(100);
  }
}

async function aftermath(): Promise<Aftermath> {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', onUnhandled);
  const t = await testApp({ config: CONFIG });
  const canary = plant(t);
  const before = { canary: treeOf(canary), processes: processes(new Set()) };
  const done = await callAll(fc.sample(arbitraryCall, { numRuns: CALLS, seed: SEED }), t);
  const ids = done.filter(isAction).flatMap((d) => reportOf(d).action_id ?? []);
  const found = {
    done,
    ...(await onRecord(t)),
    canary: { before: before.canary, after: treeOf(canary) },
    beside: readdirSync(t.base).toSorted(),
    inRoot: readdirSync(t.root, { recursive: true, encoding: 'utf8' }),
    processes: await leftProcesses(new Set(ids), before.processes),
    unhandled,
  };
  process.off('unhandledRejection', onUnhandled);
  return found;
}

const note = `seed ${SEED}`;
let after: Aftermath;

beforeAll(async () => {
  const started = performance.now();
  after = await aftermath();
  process.stdout.write(`${CALLS} random calls, ${note}, ${Math.round(performance.now() - started)} ms\n`);
}, 600_000);

test('every call is answered, in the shape that was published', () => {
  expect(after.done.length, note).toBe(CALLS);
  const known = after.done.filter(({ call }) => TOOLS.some((tool) => tool.name === call.tool));
  const errors = known.flatMap(({ call, report }) =>
    schemaErrors(call.tool, report).map((error) => `${call.tool}: ${error}`),
  );
  expect([...new Set(errors)], note).toEqual([]);
});

test('nothing fails in a way that nobody foresaw', () => {
  const internal = after.done.filter(({ report }) => report.error?.code === 'internal_error');
  const shown = internal.map(
    ({ call, report }) => `${call.tool}: ${report.error?.message.slice(0, 160) ?? ''}`,
  );
  expect([...new Set(shown)], note).toEqual([]);
  expect(after.unhandled, note).toEqual([]);
});

test('what is refused, held or done by hostile input is never half done', () => {
  const halves = after.done.filter(({ report }) => ['rollback_failed', 'unknown'].includes(report.outcome));
  expect(
    halves.map(({ call, report }) => ({ call, error: report.error?.message.slice(0, 300) })),
    note,
  ).toEqual([]);
});

test('the calls reach every way an action can end', () => {
  const outcomes = new Set(after.done.filter(isAction).map(({ report }) => report.outcome));
  for (const outcome of ['succeeded', 'denied', 'held', 'failed'] as const)
    expect(outcomes.has(outcome), outcome).toBe(true);
});

test('no process is left', () => {
  expect(after.processes, note).toEqual([]);
});

test('nothing outside the root is changed, and nothing of it is shown', () => {
  expect(after.canary.after, note).toEqual(after.canary.before);
  expect(after.beside, note).toEqual(['canary', 'config', 'root', 'state']);
  const leaks = after.done.filter(({ report }) => JSON.stringify(report).includes('nobody may read'));
  expect(
    leaks.map(({ call }) => call),
    note,
  ).toEqual([]);
});

test('every action has one refusal, or one intent and one end, and no record is missing', () => {
  const bySeq = new Map(after.records.map((record) => [record.seq, record]));
  const wrong: unknown[] = [];
  const seen = new Set<number>();
  const done = after.done.filter(isAction);
  for (const one of done) {
    const { audit, action_id } = reportOf(one);
    const own = audit.map((seq) => bySeq.get(seq));
    const events = own.map((record) => record?.event ?? 'missing').join(' ');
    const expected =
      action_id === null
        ? /^action\.refused$/
        : /^action\.intended (action\.held|(action\.committing )?action\.finished)$/;
    // Of a flood of refusals one record stands for those that are only counted.
    const twice = action_id !== null && audit.some((seq) => seen.has(seq));
    for (const seq of audit) seen.add(seq);
    const foreign = action_id !== null && own.some((record) => record?.action_id !== action_id);
    if (!expected.test(events) || twice || foreign)
      wrong.push({ tool: one.call.tool, events, error: one.report.error });
  }
  expect(wrong.slice(0, 5), note).toEqual([]);
  const count = (event: string): number => after.records.filter((record) => record.event === event).length;
  const recorded = done.filter((d) => reportOf(d).action_id !== null).length;
  expect(count('action.intended'), note).toBe(recorded);
  const told = after.records.filter(
    ({ event, action }) => event === 'action.refused' && action !== 'unknown',
  );
  const counted = after.records
    .filter(({ event }) => event === 'action.refused_more')
    .reduce((sum, { detail }) => sum + Number(/^\d+/.exec(detail ?? '')?.[0]), 0);
  expect(told.length + counted, note).toBe(done.length - recorded);
});

test('every query that is recorded has one record', () => {
  const asked = after.done.filter(({ call }) => queries.has(call.tool)).length;
  const own = after.records.filter(({ event, agent }) => event === 'query' && /^(one|two)\//.test(agent));
  expect(own.length, note).toBe(asked);
});

test('the chain of records is whole, and nothing is left in the middle of the work', () => {
  expect(after.verdict, note).toMatchObject({ ok: true, problem: null });
  expect(after.status, note).toMatchObject({ running_actions: 0, emergency_stop: false });
  expect(
    after.inRoot.filter((name) => name.includes('.homeostat-')),
    note,
  ).toEqual([]);
});
