import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { scanRoot } from '../../src/host/scan.ts';
import { openObjects } from '../../src/store/objects.ts';
import { testApp } from '../helpers/app.ts';
import { commitAll } from '../helpers/committed.ts';
import { scratch } from '../helpers/scratch.ts';
import { treeOf } from '../helpers/state.ts';

test('a command that was approved with a snapshot does not run without one', async () => {
  const t = await testApp({ config: 'limits:\n  snapshot_files: 20\n', rung: 'snapshot' });
  const held = await t.act('run_command', { command: "python3 -c \"open('ran', 'w')\"; curl --version" });
  expect(held.outcome).toBe('held');
  for (let i = 0; i < 30; i++) writeFileSync(join(t.root, `f${i}`), '');
  await t.approve(held.action_id ?? '');
  const { result } = await t.ask('wait_for_approval', { action_id: held.action_id, wait_seconds: 5 });
  expect(result).toMatchObject({ report: { outcome: 'failed', error: { code: 'too_large' } } });
  expect(() => readFileSync(join(t.root, 'ran'))).toThrow('ENOENT');
  await t.close();
});

test('folders deeper than any path can be do not end every later command', async () => {
  const t = await testApp();
  const name = 'n'.repeat(100);
  execFileSync('/bin/bash', ['-c', `for i in {1..60}; do mkdir ${name}; cd ${name}; done`], { cwd: t.root });
  const done = await t.act('run_command', { command: 'touch later' });
  expect(done).toMatchObject({ outcome: 'succeeded' });
  execFileSync('rm', ['-rf', name], { cwd: t.root });
  await t.close();
});

test('a file hashed right after it was changed is read once more, since it may change again in the same tick', async () => {
  const place = scratch();
  mkdirSync(place.home, { recursive: true });
  const objects = openObjects(place.home);
  let read = 0;
  const counting = { ...objects, putFile: async (path: string) => (read++, objects.putFile(path)) };
  const file = join(place.root, 'f');
  writeFileSync(file, 'a');
  const limits = { files: 100, bytes: 1e6 };
  const clock = vi.spyOn(Date, 'now');
  const scanAfter = async (ms: number): Promise<void> => {
    clock.mockReturnValue(Math.floor(statSync(file).ctimeMs) + ms);
    await scanRoot(place.root, counting, join(place.base, 'scans'), limits, new AbortController().signal);
  };
  for (const ms of [10, 100, 200]) await scanAfter(ms);
  clock.mockRestore();
  expect(read).toBe(2);
});

test('files named like what every object inherits are kept, shown and put back', async () => {
  const t = await testApp({ config: 'autonomy: full\n', rung: 'snapshot' });
  const names = ['__proto__', 'constructor', 'toString', '__proto__/hasOwnProperty'];
  mkdirSync(join(t.root, '__proto__'));
  for (const name of names.slice(1)) writeFileSync(join(t.root, name), `before ${name}`);
  mkdirSync(join(t.root, 'sub'));
  writeFileSync(join(t.root, 'sub', '__proto__'), 'before');
  const before = treeOf(t.root);
  commitAll(t.root);
  const lines = 'echo x > constructor; rm toString; rm -r __proto__; sed -i s/before/after/ sub/__proto__';
  const done = await t.act('run_command', { command: lines });
  expect(done.outcome).toBe('succeeded');
  expect(done.effects?.changes.map(({ path, change }) => `${change} ${relative(t.root, path)}`)).toEqual([
    'delete __proto__',
    'delete __proto__/hasOwnProperty',
    'modify constructor',
    'modify sub/__proto__',
    'delete toString',
  ]);
  expect((await t.act('rollback', { id: done.action_id })).outcome).toBe('succeeded');
  const { '.git': _, ...after } = treeOf(t.root);
  expect(Object.fromEntries(Object.entries(after).filter(([path]) => !path.startsWith('.git/')))).toEqual(
    before,
  );
  await t.close();
});

test('what a power cut left of an object is not taken for it', async () => {
  const { home, root } = scratch();
  mkdirSync(home, { recursive: true });
  const objects = openObjects(home);
  const digest = await objects.put(Buffer.from('content'));
  const at = join(home, digest.slice(0, 2), digest.slice(2));
  for (const left of ['', 'con']) {
    writeFileSync(at, left);
    writeFileSync(join(root, 'f'), 'content');
    expect(await objects.putFile(join(root, 'f'))).toEqual({ digest, size: 7 });
    expect(String(await objects.get(digest))).toBe('content');
  }
});

test('what was remembered before the machine was started is not believed', async () => {
  const place = scratch();
  mkdirSync(place.home, { recursive: true });
  const objects = openObjects(place.home);
  let read = 0;
  const counting = { ...objects, putFile: async (path: string) => (read++, objects.putFile(path)) };
  const cache = join(place.base, 'scans');
  const scan = async () =>
    scanRoot(place.root, counting, cache, { files: 100, bytes: 1e6 }, new AbortController().signal);
  writeFileSync(join(place.root, 'f'), 'a');
  await sleep(100);
  for (let n = 0; n < 2; n++) await scan();
  expect(read).toBe(1);
  const [name = ''] = readdirSync(cache);
  const memory = JSON.parse(readFileSync(join(cache, name), 'utf8')) as { boot: string };
  writeFileSync(join(cache, name), JSON.stringify({ ...memory, boot: 'an earlier one' }));
  await scan();
  expect(read).toBe(2);
});
