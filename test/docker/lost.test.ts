// The engine goes away in the middle of an action, after it has done something that nobody hears of any more.
import { afterEach, expect, onTestFinished, test } from 'vitest';
import type { ActionReport } from '../../src/core/outcome.ts';
import type { AuditBody } from '../../src/core/records.ts';
import { wait } from '../contract/cases.ts';
import { type TestApp, testApp } from '../helpers/app.ts';
import { type CutEngine, cutEngine } from '../helpers/cut-engine.ts';
import { type TestEngine, engineForTests } from '../helpers/engine.ts';
import { CASES, appOn, clear } from './cases.ts';
import { OBJECT_CASES } from './object-cases.ts';
import { objectsOf } from './objects.ts';
import { furnish, worldOf } from './world.ts';

const engine = engineForTests();
const NAME = 'lost';

afterEach(async () => clear(await engine()));

const recoveredOf = async (on: TestApp, id: string | null): Promise<AuditBody | undefined> => {
  const { result } = await on.ask('query_audit', { limit: 50 });
  const { records } = result as { records: AuditBody[] };
  return records.find(({ event, action_id }) => event === 'action.recovered' && action_id === id);
};

/** Each tool once. */
const isFirst = <T extends { readonly tool: string }>({ tool }: T, at: number, all: readonly T[]): boolean =>
  all.findIndex((one) => one.tool === tool) === at;

/** Works it out, has a person say yes where one is asked, and loses the engine after the first thing that is done. */
async function lost(t: TestApp, way: CutEngine, tool: string, input: object): Promise<ActionReport> {
  const tried = await t.act(tool, { ...input, dry_run: true });
  const asked = tried.decision?.verdict === 'ask' ? await t.act(tool, input) : null;
  const held = asked?.action_id ?? null;
  if (held !== null) await t.approve(held);
  way.cutAfter(1);
  const report = held === null ? await t.act(tool, input) : await wait(t, held, 45);
  expect(way.isCut(), `${tool}: ${JSON.stringify({ tried, asked, report })}`).toBe(true);
  way.mend();
  expect(report.error?.message, tool).toContain(way.host);
  expect(JSON.stringify(report.error), tool).not.toContain('nothing was done');
  // Before anything else is done, what is half done is ended.
  await t.act('start_container', { container: 'nobody' });
  return report;
}

/** The product on an engine with a container, by a way that can be cut. */
async function furnished(): Promise<{ on: TestEngine; way: CutEngine; t: TestApp }> {
  const on = await engine();
  await furnish(on, NAME);
  const way = await cutEngine(on.host);
  const t = await appOn(way);
  onTestFinished(async () => {
    await t.close();
    way.close();
  });
  return { on, way, t };
}

test('what is done to a container is taken back once the engine answers, and what cannot be is said to be unknown', async () => {
  const { on, way, t } = await furnished();
  for (const { tool, input = {}, before, undo } of CASES.filter(isFirst)) {
    const { State } = await on.docker.getContainer(NAME).inspect();
    if (State.Paused) await on.docker.getContainer(NAME).unpause();
    if (!State.Running) await on.docker.getContainer(NAME).start();
    await before?.(on, NAME);
    const then = await worldOf(on);
    const report = await lost(t, way, tool, { container: NAME, ...input });
    if (undo === undefined) {
      expect(report.outcome, `${tool}: ${JSON.stringify(report)}`).toBe('rollback_failed');
      expect(await recoveredOf(t, report.action_id), tool).toMatchObject({ result: 'rolled_back' });
      expect(await worldOf(on), tool).toEqual(then);
    } else {
      expect(report).toMatchObject({ outcome: 'unknown', error: { code: 'engine_unreachable' } });
      expect(report.error?.message).toContain('nobody knows');
      expect((await t.act('rollback', { id: report.action_id })).error?.code).toBe(undo);
    }
  }
});

test('what is done to images, networks and volumes is taken back once the engine answers', async () => {
  const { on, way, t } = await furnished();
  for (const [n, { tool, input, before, container }] of OBJECT_CASES.filter(isFirst).entries()) {
    const name = container === true ? NAME : `${NAME}${n}`;
    await before?.(on, name);
    const then = await objectsOf(on);
    const report = await lost(t, way, tool, input(name));
    expect(report.outcome, `${tool}: ${JSON.stringify(report)}`).toBe('rollback_failed');
    expect(await recoveredOf(t, report.action_id), tool).toMatchObject({ result: 'rolled_back' });
    // The names by which images were kept go when somebody tidies up; nobody waits for the first try.
    const person = await t.app.operator();
    await expect.poll(async () => (await person.collect(false)).unreleased).toBe(0);
    // Another server on this state may be letting go of the same at this moment.
    await expect
      .poll(async () => objectsOf(on), { message: `${tool} (${n})`, timeout: 10_000 })
      .toEqual(then);
  }
});

test('dockerd itself is killed in the middle, and started again', async () => {
  const on = await engine();
  await furnish(on, NAME);
  const first = await appOn(on);
  const then = await worldOf(on);
  await first.close();
  let count = 0;
  const trace = (step: string): void => {
    if (step === 'preserved' && ++count === 3) on.kill();
  };
  const t = await testApp({ on: first, trace });
  const report = await t.act('recreate_container', { container: NAME, env: { A: 'b' } });
  expect(report, JSON.stringify(report.error)).toMatchObject({ outcome: 'rollback_failed' });
  expect(report.error?.message).toContain('it is tried again');
  await on.start();
  await t.act('start_container', { container: 'nobody' });
  expect(await recoveredOf(t, report.action_id)).toMatchObject({ result: 'rolled_back' });
  expect(await worldOf(on)).toEqual(then);
  await t.close();
});
