import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/app.ts';
import { testApp } from '../helpers/app.ts';
import { connect } from '../helpers/client.ts';
import {
  FREE_PROCESSES,
  type Said,
  TOOLSETS,
  ended,
  outputOf,
  start,
  stateOf,
} from '../helpers/long-running.ts';
import { eventually, processesWith } from '../helpers/processes.ts';
import { auditOf, expectSettled, query, treeOf } from '../helpers/state.ts';

const APP = pathToFileURL(join(PACKAGE_ROOT, 'dist', 'app.js')).href;
const CALL = join(PACKAGE_ROOT, 'test', 'helpers', 'killed-call.mjs');

test('an undo waits for its end, puts its folders back, and can be undone itself', async () => {
  const t = await testApp({ config: FREE_PROCESSES });
  mkdirSync(join(t.root, 'out/sub'), { recursive: true });
  for (const name of ['changed', 'deleted', 'sub/kept'])
    writeFileSync(join(t.root, 'out', name), 'as it was', { mode: 0o640 });
  const before = treeOf(t.root);
  const line =
    'cd out; echo x > changed; rm deleted; mkdir n; echo y > n/f; echo z > ../new/g; echo done; sleep 600';
  const id = await start(t, line, { writes: ['out', 'new'] });
  await eventually(async () => (await outputOf(t, id)) === 'done\n', 'its work');
  expect(await t.act('rollback', { id })).toMatchObject({ error: { code: 'resource_busy' } });
  await t.act('stop_process', { id });
  const after = treeOf(t.root);
  expect(after).not.toEqual(before);
  const undone = await t.act('rollback', { id });
  expect(undone).toMatchObject({ outcome: 'succeeded', error: null });
  expect(treeOf(t.root)).toEqual(before);
  expect(await t.act('rollback', { id: undone.action_id })).toMatchObject({ outcome: 'succeeded' });
  expect(treeOf(t.root)).toEqual(after);
  await t.close();
});

test('an undo refuses, by name, what somebody has changed since', async () => {
  const t = await testApp({ config: FREE_PROCESSES });
  const id = await start(t, 'echo x > out/f', { writes: ['out'] });
  expect(await ended(t, id)).toMatchObject({ how: 'exited', exit_code: 0 });
  writeFileSync(join(t.root, 'out/f'), 'a person');
  const undone = await t.act('rollback', { id });
  expect(undone).toMatchObject({ outcome: 'failed', error: { code: 'rollback_conflict' } });
  expect(undone.error?.message).toContain('out/f');
  expect(readFileSync(join(t.root, 'out/f'), 'utf8')).toBe('a person');
  await t.close();
});

test('what a server leaves when it is killed is ended, recorded and undone with a person', async () => {
  const t = await testApp({ config: FREE_PROCESSES });
  await t.close();
  const server = await connect(t, ['--toolsets', 'core,process']);
  const line = 'echo x > out/f; setsid sleep 611 & echo ready; exec sleep 612';
  const started = await server.call('start_process', { command: line, writes: ['out'] });
  const id = started.action_id ?? '';
  await eventually(async () => {
    const { result } = (await server.call('process_output', { id })) as { result: Said | null };
    return result?.stdout?.text === 'ready\n';
  }, 'it runs');
  expect(processesWith('sleep\x00612').length).toBeGreaterThan(0);
  process.kill(server.pid, 'SIGKILL');
  await eventually(() => !existsSync(`/proc/${server.pid}`), 'the server is gone');
  await eventually(() => processesWith('sleep\x0061').length === 0, 'nothing is left behind');

  const next = await testApp({ on: t });
  await next.app.ready();
  expect(query<{ how: string }>(t, 'SELECT how FROM long_running')).toEqual([{ how: 'interrupted' }]);
  expect(auditOf(t, id).at(-1)).toMatchObject({
    event: 'process.ended',
    detail: 'interrupted: its server ended',
  });
  expectSettled(t);
  const undone = await next.act('rollback', { id });
  expect(undone).toMatchObject({ outcome: 'held' });
  await next.approve(undone.action_id ?? '');
  await next.ask('wait_for_approval', { action_id: undone.action_id, wait_seconds: 20 });
  expect(existsSync(join(t.root, 'out'))).toBe(false);
  await next.close();
});

test('a server that ends ends its processes, and another server can stop them', async () => {
  const t = await testApp({ config: FREE_PROCESSES });
  const [one, two] = [
    await connect(t, ['--toolsets', 'core,process']),
    await connect(t, ['--toolsets', 'core,process']),
  ];
  const [a, b] = [
    await one.call('start_process', { command: 'exec sleep 621' }),
    await one.call('start_process', { command: 'exec sleep 622' }),
  ];
  expect(await two.call('stop_process', { id: a.action_id })).toMatchObject({ outcome: 'succeeded' });
  expect(processesWith('sleep\x00621')).toEqual([]);
  await one.close();
  await eventually(() => processesWith('sleep\x00622').length === 0, 'they end');
  await two.close();
  const rows = query<{ id: string; how: string }>(t, 'SELECT id, how FROM long_running');
  expect(Object.fromEntries(rows.map(({ id, how }) => [id, how]))).toEqual({
    [a.action_id ?? '']: 'stopped',
    [b.action_id ?? '']: 'server_ended',
  });
  await t.close();
});

test('an undo leaves alone what other actions changed meanwhile', async () => {
  const t = await testApp({ config: FREE_PROCESSES });
  mkdirSync(join(t.root, 'out'));
  for (const name of ['mine', 'theirs']) writeFileSync(join(t.root, 'out', name), 'as it was');
  const line = 'echo x > out/mine; mkdir out/made; echo x > out/made/f; echo done; sleep 600';
  const id = await start(t, line, { writes: ['out'] });
  await eventually(async () => (await outputOf(t, id)) === 'done\n', 'its work');
  for (const path of ['out/theirs', 'out/made/theirs'])
    expect(await t.act('write_file', { path, content: 'another action' })).toMatchObject({
      outcome: 'succeeded',
    });
  await t.act('stop_process', { id });
  expect(await t.act('rollback', { id })).toMatchObject({ outcome: 'succeeded', error: null });
  expect(readFileSync(join(t.root, 'out/mine'), 'utf8')).toBe('as it was');
  expect(existsSync(join(t.root, 'out/made/f'))).toBe(false);
  for (const path of ['out/theirs', 'out/made/theirs'])
    expect(readFileSync(join(t.root, path), 'utf8')).toBe('another action');
  await t.close();
});

test('what it makes that rules speak of is on record', async () => {
  const t = await testApp({ config: FREE_PROCESSES });
  const id = await start(t, 'cd out; d=.g; mkdir -p "${d}it/hooks"; echo x > "${d}it/hooks/pre-commit"', {
    writes: ['out'],
  });
  await ended(t, id);
  expect(auditOf(t, id).at(-1)).toMatchObject({
    event: 'process.ended',
    detail: expect.stringContaining('out/.git/hooks/pre-commit') as string,
  });
  // Its removal changes protected paths too.
  expect(await t.act('rollback', { id })).toMatchObject({ outcome: 'held' });
  await t.close();
});

test('a protected file that is replaced while it runs is open to it, which is on record; a folder is not', async () => {
  const t = await testApp({ config: FREE_PROCESSES });
  mkdirSync(join(t.root, 'app/.git'), { recursive: true });
  const files = ['app/.env', 'app/.git/config'].map((name) => join(t.root, name));
  for (const file of files) writeFileSync(file, 'as it was');
  const line = 'cd app; until test -f go; do sleep 0.05; done; (echo x > .env); (echo x > .git/config); true';
  const id = await start(t, line, { writes: ['app'] });
  for (const file of files) {
    writeFileSync(`${file}.new`, 'a person');
    renameSync(`${file}.new`, file);
  }
  writeFileSync(join(t.root, 'app/go'), '');
  await ended(t, id);
  expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(['x\n', 'a person']);
  expect(auditOf(t, id).at(-1)).toMatchObject({ detail: expect.stringContaining('app/.env') as string });
  await t.close();
});

test('a folder that was replaced by a link while a person decided is not written to', async () => {
  const t = await testApp({ config: TOOLSETS });
  for (const folder of ['out', 'elsewhere']) mkdirSync(join(t.root, folder));
  const held = await t.act('start_process', {
    command: './unknown-program; echo x > out/f',
    writes: ['out'],
  });
  expect(held).toMatchObject({ outcome: 'held' });
  rmSync(join(t.root, 'out'), { recursive: true });
  symlinkSync('elsewhere', join(t.root, 'out'));
  await t.approve(held.action_id ?? '');
  const { result } = await t.ask('wait_for_approval', { action_id: held.action_id, wait_seconds: 20 });
  expect(result).toMatchObject({ report: { error: { code: 'world_changed' } } });
  expect(readdirSync(join(t.root, 'elsewhere'))).toEqual([]);
  await t.close();
});

test.each(['preserved', 'process started', 'committed', 'verified'])(
  'a server killed at “%s” leaves no process and no folder',
  async (step) => {
    const t = await testApp({ config: FREE_PROCESSES });
    await t.close();
    const input = JSON.stringify({ command: 'exec sleep 651', writes: ['new/deep'] });
    const { signal } = spawnSync(process.execPath, [CALL, APP, step, '1', 'start_process', input], {
      cwd: t.root,
      env: t.env,
    });
    expect(signal).toBe('SIGKILL');
    await eventually(() => processesWith('sleep\x00651').length === 0, 'nothing is left behind');
    const next = await testApp({ on: t });
    await next.app.ready();
    expectSettled(t);
    expect(readdirSync(t.root)).toEqual([]);
    const id = await start(next, 'exec sleep 651', { writes: ['new/deep'] });
    expect(await stateOf(next, id)).toMatchObject({ running: true });
    await next.close();
  },
);
