import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { scanRoot } from '../../src/host/scan.ts';
import { openObjects } from '../../src/store/objects.ts';
import { testApp } from '../helpers/app.ts';
import { scratch } from '../helpers/scratch.ts';

test('a command that was approved with a snapshot does not run without one', async () => {
  const t = await testApp({ config: 'limits:\n  snapshot_files: 20\n' });
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
