import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ActionReport } from '../../src/core/outcome.ts';
import type { OutputPage } from '../../src/core/processes.ts';
import { testApp } from '../helpers/app.ts';
import { FREE_PROCESSES, TOOLSETS, ended, outputOf, said, start, stateOf } from '../helpers/long-running.ts';
import { eventually, processesWith } from '../helpers/processes.ts';
import { auditOf, expectSettled, query, treeOf } from '../helpers/state.ts';

const OTHER = { client: 'another' };

const freePort = async (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
const reaches = async (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/`).then(
    (answer) => answer.ok,
    () => false,
  );
/** Serves the folder it starts in, and asks itself once. */
const serving = (port: number): string =>
  `python3 -u -m http.server ${port} --bind 127.0.0.1 & until (exec 3<>/dev/tcp/127.0.0.1/${port}) 2>/dev/null; do sleep 0.05; done; echo inside reached; wait`;

test('a server is reached in its own network alone, says what it does, and is stopped', async () => {
  const t = await testApp({ config: FREE_PROCESSES });
  const port = await freePort();
  const id = await start(t, serving(port), { name: 'web' });
  await eventually(async () => (await outputOf(t, id)).includes('inside reached'), 'it serves');
  expect(await reaches(port)).toBe(false);
  // Nor does another command of the same agent.
  const probe = `(exec 3<>/dev/tcp/127.0.0.1/${port}) 2>/dev/null && echo yes || echo no`;
  expect((await t.act('run_command', { command: probe })).result).toMatchObject({ stdout: 'no\n' });
  expect((await said(t, {})).processes).toMatchObject([{ id, name: 'web', running: true, how: null }]);

  expect(await t.act('stop_process', { id })).toMatchObject({ outcome: 'succeeded', result: { id } });
  expect(await stateOf(t, id)).toMatchObject({ running: false, how: 'stopped', exit_code: null });
  expect(processesWith(`http.server\0${port}`)).toEqual([]);
  expect(auditOf(t, id).map(({ event }) => event)).toEqual([
    'action.intended',
    'action.held',
    'approval.approved',
    'action.committing',
    'action.finished',
    'process.ended',
  ]);
  expect(await t.act('stop_process', { id: 'no-such-id' })).toMatchObject({
    outcome: 'denied',
    error: { code: 'not_found' },
  });
  await t.close();
  expectSettled(t);
});

test('with the network, which is asked about, the machine reaches it', async () => {
  const t = await testApp({ config: TOOLSETS });
  const port = await freePort();
  const held = await t.act('start_process', { command: serving(port), network: true });
  expect(held).toMatchObject({
    outcome: 'held',
    risk: { reversibility: expect.stringMatching(/compens|irrev/) },
  });
  expect(await reaches(port)).toBe(false);
  const id = held.action_id ?? '';
  await t.approve(id);
  const report = (await t.ask('wait_for_approval', { action_id: id, wait_seconds: 20 })).result as {
    report: ActionReport;
  };
  expect(report.report).toMatchObject({ outcome: 'succeeded', result: { id } });
  await eventually(async () => reaches(port), 'it serves');
  await t.close();
  expect(await reaches(port)).toBe(false);
  expectSettled(t);
});

test('it sees the roots as they stand, and writes only where it asked to', async () => {
  const t = await testApp({ config: FREE_PROCESSES });
  mkdirSync(join(t.root, 'out'));
  mkdirSync(join(t.root, 'other'));
  writeFileSync(join(t.root, 'seen'), 'before');
  const line = [
    'echo mine > out/new',
    'echo made > fresh/deep',
    'echo no > other/new || echo refused',
    'echo no > seen || echo refused',
    'until grep -q after seen; do sleep 0.05; done',
    'echo saw it; sleep 600',
  ].join('; ');
  const id = await start(t, line, { writes: ['out', 'fresh', 'out/..//out'] });
  await t.act('write_file', { path: 'seen', content: 'after' });
  await eventually(async () => (await outputOf(t, id)).includes('saw it'), 'the change is seen');
  expect(await outputOf(t, id)).toBe('refused\nrefused\nsaw it\n');
  expect(readFileSync(join(t.root, 'out/new'), 'utf8')).toBe('mine\n');
  expect(existsSync(join(t.root, 'other/new'))).toBe(false);
  await t.close();
});

test('the emergency stop ends it', async () => {
  const t = await testApp({ config: FREE_PROCESSES });
  const id = await start(t, 'trap "" TERM; while :; do sleep 0.1; done # long-runner-a');
  await t.act('emergency_stop', { reason: 'enough' });
  expect(await ended(t, id)).toMatchObject({ how: 'emergency_stop' });
  expect(processesWith('long-runner-a')).toEqual([]);
  expect(await t.act('start_process', { command: 'sleep 600' })).toMatchObject({
    error: { code: 'emergency_stopped' },
  });
  await t.close();
});

test('what does not listen when asked to end is ended', async () => {
  const t = await testApp({ config: FREE_PROCESSES });
  const deaf = await start(t, 'trap "" TERM; while :; do sleep 0.1; done # long-runner-b');
  const polite = await start(t, 'trap "echo bye; exit 3" TERM; echo ready; while :; do sleep 0.1; done');
  await eventually(async () => (await outputOf(t, polite)) === 'ready\n', 'it listens');
  expect(await t.act('stop_process', { id: polite })).toMatchObject({ outcome: 'succeeded' });
  expect(await outputOf(t, polite)).toBe('ready\nbye\n');
  await t.act('stop_process', { id: deaf });
  expect(processesWith('long-runner-b')).toEqual([]);
  await t.close();
});

test('limits hold: memory, processes, written bytes', async () => {
  const limits =
    'limits: {command_memory_bytes: 200000000, command_processes: 20, command_written_bytes: 20000000}';
  const t = await testApp({ config: `${FREE_PROCESSES}${limits}\n` });
  const [memory, forks, written] = [
    await start(t, 'python3 -c "x = bytearray(400000000); import time; time.sleep(600)"'),
    await start(t, 'for i in $(seq 60); do sleep 600 & done; wait'),
    await start(t, 'for i in $(seq 8); do head -c 8000000 /dev/zero > out/$i; done; sleep 600', {
      writes: ['out'],
    }),
  ];
  for (const id of [memory, forks, written])
    expect(await ended(t, id)).toMatchObject({ how: 'limit_exceeded', exit_code: null });
  const details = query<{ body: string }>(
    t,
    "SELECT body FROM audit WHERE body ->> 'event' = 'process.ended'",
  );
  for (const limit of ['memory', 'processes', 'written'])
    expect(
      details.some(({ body }) => body.includes(`over its limit on ${limit}`)),
      limit,
    ).toBe(true);
  await t.close();
});

test('another agent neither reads nor stops it without a person', async () => {
  const t = await testApp({ config: FREE_PROCESSES });
  const id = await start(t, 'echo hidden; sleep 600');
  expect(await t.ask('process_output', { id }, OTHER)).toMatchObject({
    outcome: 'denied',
    result: null,
    error: { code: 'not_yours' },
  });
  const held = await t.act('stop_process', { id }, OTHER);
  expect(held).toMatchObject({ outcome: 'held', decision: { rules: [{ id: 'anothers-process' }] } });
  expect(await stateOf(t, id)).toMatchObject({ running: true });
  await t.approve(held.action_id ?? '');
  await t.ask('wait_for_approval', { action_id: held.action_id, wait_seconds: 20 }, OTHER);
  expect(await stateOf(t, id)).toMatchObject({ running: false, how: 'stopped' });
  await t.close();
});

test('what it prints is paged, capped and redacted, also where a page begins in a secret', async () => {
  const t = await testApp({ config: `${FREE_PROCESSES}limits: {output_bytes: 2000}\n` });
  const key = `-----BEGIN PRIVATE KEY-----\n${`${'A'.repeat(64)}\n`.repeat(20)}-----END PRIVATE KEY-----`;
  writeFileSync(join(t.root, 'text'), `${key}\ntoken=ghp_${'a'.repeat(36)}\n`);
  const id = await start(t, 'cat text; seq 20000; echo at last >&2');
  await ended(t, id);
  const last = await said(t, { id });
  expect(last.stdout?.text.endsWith('19999\n20000\n')).toBe(true);
  expect(Buffer.byteLength(last.stdout?.text ?? '')).toBeLessThanOrEqual(2010);
  expect(last.stderr?.text).toBe('at last\n');
  expect((await said(t, { id, stream: 'stdout', tail_lines: 2 })).stdout?.text).toBe('19999\n20000\n');
  for (let since = 0; since < 1600; since += 7) {
    const { stdout } = await said(t, { id, stream: 'stdout', since });
    expect(stdout?.text).not.toMatch(/AAAAAAAA|aaaaaaaa/);
  }
  let [text, since] = ['', 0];
  for (;;) {
    const page: OutputPage | null = (await said(t, { id, stream: 'stdout', since })).stdout;
    if (page === null || page.text === '') break;
    text += page.text;
    since = page.next;
  }
  expect(text.split('\n').filter((line) => /^\d+$/.test(line))).toHaveLength(20_000);
  expect(await t.ask('process_output', { id, since: 0 })).toMatchObject({ error: { code: 'invalid_input' } });
  await t.close();
});

test('a flood of output fills no disk', async () => {
  const t = await testApp({ config: FREE_PROCESSES });
  const id = await start(t, 'head -c 30000000 /dev/zero | tr "\\0" "x"; echo; echo end');
  await ended(t, id);
  const folder = join(t.home, 'processes', id);
  const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  expect(bytes).toBeLessThan(8_000_000);
  expect((await said(t, { id, stream: 'stdout', tail_lines: 1 })).stdout).toMatchObject({ text: 'end\n' });
  await t.close();
});

test('protected paths in what it writes to stay as they are', async () => {
  const t = await testApp({ config: `${FREE_PROCESSES}protected: {paths: [app/kept]}\n` });
  for (const folder of ['app/.git/hooks', 'app/kept', 'app/conf'])
    mkdirSync(join(t.root, folder), { recursive: true });
  for (const file of ['app/.git/HEAD', 'app/.git/config', 'app/kept/a', 'app/conf/.env'])
    writeFileSync(join(t.root, file), 'as it was');
  const tries = [
    'echo x > app/.git/hooks/post-checkout',
    'echo x > app/.git/config',
    'mv app/.git app/git2',
    'echo x > app/kept/a',
    'mv app/kept app/gone',
    'echo x > app/conf/.env',
    'mv app/conf app/conf2',
    'rm -rf app/conf',
  ];
  const before = treeOf(t.root);
  const command = `${tries.map((line) => `(${line})`).join('; ')}; echo tried; echo ok > app/free`;
  expect((await t.ask('assess_action', { tool: 'start_process', input: { command } })).result).toMatchObject({
    risk: { level: 'CRITICAL' },
  });
  // It does not get there with a person's leave either.
  const id = await start(t, command, { writes: ['app'] });
  await ended(t, id);
  expect(await outputOf(t, id)).toBe('tried\n');
  const { 'app/free': free, ...rest } = treeOf(t.root);
  expect(free).toContain('file');
  expect(rest).toEqual(before);
  // What is protected as such is no folder to write to at all.
  for (const path of ['app/.git/hooks', 'app/kept'])
    expect(await t.act('start_process', { command: 'true', writes: [path] })).toMatchObject({
      error: { code: 'denied_by_policy' },
    });
  expect(await t.act('start_process', { command: 'true', writes: ['..'] })).toMatchObject({
    error: { code: 'outside_roots' },
  });
  await t.close();
});

test('what cannot be held is refused or asked about: links, other names, one folder of two', async () => {
  const t = await testApp({ config: FREE_PROCESSES });
  for (const folder of ['a/b', 'links', 'names']) mkdirSync(join(t.root, folder), { recursive: true });
  writeFileSync(join(t.root, 'real'), 'x');
  symlinkSync('../real', join(t.root, 'links/.env'));
  linkSync(join(t.root, 'real'), join(t.root, 'names/same'));
  expect(await t.act('start_process', { command: 'true', writes: ['links'] })).toMatchObject({
    error: { code: 'wrong_type' },
  });
  expect(await t.act('start_process', { command: 'true', writes: ['names'] })).toMatchObject({
    outcome: 'held',
    decision: { rules: [{ id: 'other-names' }] },
  });
  await start(t, 'sleep 600', { writes: ['a'] });
  expect(await t.act('start_process', { command: 'true', writes: ['a/b'] })).toMatchObject({
    outcome: 'rolled_back',
    error: { code: 'resource_busy' },
  });
  await t.close();
});
