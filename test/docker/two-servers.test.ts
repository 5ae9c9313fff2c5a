import { afterEach, expect, test } from 'vitest';
import { testApp } from '../helpers/app.ts';
import { engineForTests } from '../helpers/engine.ts';
import { appOn, clear } from './cases.ts';
import { furnish, worldOf } from './world.ts';

const engine = engineForTests();
afterEach(async () => clear(await engine()));

test('of two servers that act on one container at once none sees the half of what the other does', async () => {
  const on = await engine();
  await furnish(on, 'both');
  const one = await appOn(on);
  const two = await testApp({ on: one });
  const reports = await Promise.all([
    one.act('recreate_container', { container: 'both', env: { BY: 'one' } }),
    two.act('recreate_container', { container: 'both', env: { BY: 'two' } }),
  ]);
  const done = reports.filter(({ outcome }) => outcome === 'succeeded');
  expect(done.length, JSON.stringify(reports.map(({ error }) => error))).toBeGreaterThan(0);
  for (const { outcome, error } of reports)
    if (outcome !== 'succeeded') expect(error?.code).toMatch(/resource_busy|world_changed|not_found/);
  const containers = await on.docker.listContainers({ all: true });
  expect(containers.map(({ Names }) => Names)).toEqual([['/both']]);
  expect(containers[0]?.State).toBe('running');
  await one.close();
  await two.close();
});

test('an engine that is stopped while an action runs: what was begun is taken back when it answers again', async () => {
  const on = await engine();
  await furnish(on, 'cut');
  const t = await appOn(on);
  const then = await worldOf(on);
  await t.close();
  const stopping = await testApp({
    on: t,
    trace: (step) => void (step === 'preserved' && (reached ??= on.stop())),
  });
  let reached: Promise<void> | undefined;
  const report = await stopping.act('recreate_container', { container: 'cut', env: { A: 'b' } });
  expect(report.outcome).not.toBe('succeeded');
  await reached;
  await on.start();
  // What is half done is ended before anything else is done.
  await stopping.act('start_container', { container: 'nobody' });
  const { result } = await stopping.ask('query_audit', { action: 'recreate_container', limit: 5 });
  expect(JSON.stringify(result)).toMatch(/rolled_back|rollback_failed/);
  // An engine that is stopped ends its containers; homeostat starts again what it had begun with.
  const { State } = await on.docker.getContainer('cut').inspect();
  if (!State.Running) await on.docker.getContainer('cut').start();
  expect(await worldOf(on)).toEqual(then);
  await stopping.close();
});
