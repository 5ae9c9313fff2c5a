import { execa } from 'execa';
import { renameSync } from 'node:fs';
import { expect, test } from 'vitest';
import { needProgram } from '../helpers/needs.ts';
import { type Web, ask, web } from '../helpers/http.ts';

async function page({ server: { port }, tokens }: Web): Promise<string> {
  const headers = { authorization: `Bearer ${tokens.prometheus}` };
  const answer = await ask(port, { method: 'GET', path: '/metrics', headers });
  expect(answer.status).toBe(200);
  expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  return answer.body;
}

/** A number of the page by its name and labels. */
const valueOf = (body: string, line: string): number | undefined => {
  const found = body.split('\n').find((text) => text.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1));
};

test('promtool is content with the page', async () => {
  needProgram('promtool');
  const t = await web();
  await page(t);
  await t.act('write_file', { path: 'a.txt', content: 'a' });
  const { stdout, stderr, exitCode } = await execa('promtool', ['check', 'metrics'], {
    input: await page(t),
    reject: false,
  });
  expect({ stdout, stderr, exitCode }).toEqual({ stdout: '', stderr: '', exitCode: 0 });
  await t.close();
});

test('names are those of the conventions, and no label is an agent’s to make up', async () => {
  const t = await web();
  await page(t);
  await t.ask('no_such_tool_x', {}, { client: 'made-up' });
  await t.act('write_file', { path: 'made-up.txt', content: 'a', reason: 'made-up' }, { client: 'made-up' });
  const body = await page(t);
  const types = [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => ({
    name,
    type,
  }));
  expect(types.length).toBeGreaterThan(30);
  for (const { name, type } of types) {
    expect(name).toMatch(/^(homeostat|process|nodejs)_[a-z0-9_]+$/);
    expect(body).toContain(`# HELP ${name} `);
    if (name.startsWith('homeostat_'))
      expect({ name, ends: name.endsWith('_total') }).toEqual({ name, ends: type === 'counter' });
    expect(name).not.toMatch(/_(percent|ms|milliseconds|kb|mb|minutes)(_|$)/);
  }
  expect(body).not.toMatch(/made-up|no_such_tool|tester/);
  const labels = new Set([...body.matchAll(/[{,]([a-z_]+)="/g)].map(([, name]) => name));
  const known = new Set([
    'version',
    'mountpoint',
    'tool',
    'outcome',
    'word',
    'container',
    'type',
    'space',
    'kind',
    'le',
    'quantile',
    'major',
    'minor',
    'patch',
  ]);
  expect([...labels].filter((name) => !known.has(name ?? ''))).toEqual([]);
  await t.close();
});

test('calls of all processes are counted from the record, once each, and none of before', async () => {
  const t = await web();
  await t.act('write_file', { path: 'before.txt', content: '' });
  const first = await page(t);
  expect(valueOf(first, 'homeostat_calls_total{tool="write_file",outcome="succeeded"}')).toBeUndefined();
  await t.act('write_file', { path: 'a.txt', content: 'a' });
  const written = await t.act('write_file', { path: 'b.txt', content: 'b' });
  await t.act('rollback', { id: written.action_id });
  const held = await t.act('run_command', { command: 'touch .mcp.json' });
  const [body, again] = await Promise.all([page(t), page(t)]);
  for (const one of [body, again]) {
    expect(valueOf(one, 'homeostat_calls_total{tool="write_file",outcome="succeeded"}')).toBe(2);
    expect(valueOf(one, 'homeostat_rollbacks_total')).toBe(1);
    expect(valueOf(one, 'homeostat_approvals_pending')).toBe(held.outcome === 'held' ? 1 : 0);
    expect(valueOf(one, 'homeostat_ready')).toBe(1);
    expect(valueOf(one, 'homeostat_stopped')).toBe(0);
    expect(valueOf(one, 'homeostat_host_memory_bytes')).toBeGreaterThan(1e8);
  }
  await t.act('emergency_stop');
  expect(valueOf(await page(t), 'homeostat_stopped')).toBe(1);
  await t.close();
});

test('a server whose record is broken says that it is not ready, and lives', async () => {
  const t = await web();
  const { port } = t.server;
  expect((await ask(port, { method: 'GET', path: '/readyz' })).body).toBe('ready\n');
  renameSync(`${t.home}/state.db`, `${t.home}/away.db`);
  const [ready, alive] = [
    await ask(port, { method: 'GET', path: '/readyz' }),
    await ask(port, { method: 'GET', path: '/healthz' }),
  ];
  expect([ready.status, ready.body, alive.status]).toEqual([503, 'not ready\n', 200]);
  renameSync(`${t.home}/away.db`, `${t.home}/state.db`);
  await t.close();
});
