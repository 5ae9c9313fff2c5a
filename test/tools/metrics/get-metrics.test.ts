import { expect, test } from 'vitest';
import { type TestApp, testApp } from '../../helpers/app.ts';

interface Row {
  readonly key: string;
  readonly calls: number;
  readonly outcomes: Record<string, number>;
  readonly approvals: Record<string, number>;
  readonly rollbacks: number;
  readonly ms: { p50: number; max: number } | null;
  readonly spark: string;
}
interface Result {
  readonly host: Record<string, number> | null;
  readonly disks: readonly { path: string }[];
  readonly containers: readonly object[];
  readonly activity: readonly Row[];
  readonly notes: readonly string[];
  readonly more: number;
}

const WITHOUT_ENGINE =
  'toolsets: [core, metrics]\ndocker:\n  host: unix:///nowhere/docker.sock\nprobes:\n  db: tcp://127.0.0.1:1\n';

const ask = async (t: TestApp, input: object = {}): Promise<Result> =>
  (await t.ask('get_metrics', input)).result as Result;

test('what agents did is counted from the record, by tool, agent and risk', async () => {
  const t = await testApp({ config: WITHOUT_ENGINE });
  const [a, b] = [{ client: 'a' }, { client: 'b' }];
  const written = await t.act('write_file', { path: 'a.txt', content: 'a' }, a);
  await t.act('write_file', { path: 'b.txt', content: 'b' }, b);
  await t.act('write_file', { path: '../c.txt', content: 'c' }, b);
  await t.act('rollback', { id: written.action_id }, a);
  const held = await t.act('write_file', { path: '.mcp.json', content: '{}' }, a);
  await t.approve(held.action_id ?? '');
  await t.ask('list_files', {}, a);
  const { activity } = await ask(t, { of: 'activity' });
  const by = new Map(activity.map((row) => [row.key, row]));
  expect(by.get('write_file')).toMatchObject({
    calls: 4,
    outcomes: { succeeded: 2, denied: 1, held: 1 },
    approvals: { asked: 1, approved: 1 },
    rollbacks: 0,
  });
  expect(by.get('write_file')?.ms?.max).toBeGreaterThanOrEqual(by.get('write_file')?.ms?.p50 ?? Infinity);
  expect(by.get('write_file')?.spark).toMatch(/▁*█/);
  expect(by.get('rollback')).toMatchObject({ calls: 1, rollbacks: 1 });
  expect(by.get('list_files')).toMatchObject({ calls: 1, outcomes: { succeeded: 1 } });
  const agents = (await ask(t, { of: 'activity', by: 'agent' })).activity;
  expect(agents.find(({ key }) => key === 'b/tester')).toMatchObject({ calls: 2, outcomes: { denied: 1 } });
  const one = await ask(t, { of: 'activity', limit: 1 });
  expect(one.activity).toHaveLength(1);
  expect(one.more).toBeGreaterThanOrEqual(by.size - 1);
  expect((await ask(t, { of: 'activity', since: '2100-01-01T00:00:00Z' })).activity).toEqual([]);
  expect((await t.ask('get_metrics', { since: 'lately' })).error?.code).toBe('invalid_input');
  await t.close();
});

test('without an engine there are the host’s numbers, and what is missing is said', async () => {
  const t = await testApp({ config: WITHOUT_ENGINE });
  const containers = await ask(t, { of: 'containers' });
  expect(containers.containers).toEqual([]);
  expect(containers.notes.join()).toContain('/nowhere/docker.sock');
  if (process.platform === 'linux') {
    const { host, disks } = await ask(t);
    expect(host?.['cpu_percent']).toBeGreaterThanOrEqual(0);
    expect(host?.['memory_used_bytes']).toBeLessThan(host?.['memory_total_bytes'] ?? 0);
    expect(disks.map(({ path }) => path)).toContain('/');
  }
  const health = (await t.ask('get_health')).result as {
    healthy: boolean;
    homeostat: { name: string; status: string }[];
    services: object[];
  };
  expect(health.homeostat.find(({ name }) => name === 'engine')?.status).toBe('failing');
  expect(health.services).toEqual([{ name: 'db', status: 'failing', found: 'ECONNREFUSED' }]);
  expect(health.healthy).toBe(false);
  await t.close();
});
