import { lstatSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type TestApp, testApp } from '../helpers/app.ts';

const WRITES = [
  ['run_command', { command: 'echo 1 >dir/one' }],
  ['write_file', { path: 'dir/two', content: '2' }],
  ['run_command', { command: 'echo 3 >dir/three' }],
] as const;

/** Three actions in one folder; the times that it had before, between and after them. */
async function filled(): Promise<{ t: TestApp; ids: string[]; times: bigint[]; time: () => bigint }> {
  const t = await testApp({ config: 'autonomy: full\n' });
  const dir = join(t.root, 'dir');
  mkdirSync(dir);
  utimesSync(dir, 1_000_000_000, 1_000_000_000);
  const time = (): bigint => lstatSync(dir, { bigint: true }).mtimeNs;
  const times = [time()];
  const ids: string[] = [];
  for (const [tool, input] of WRITES) {
    ids.push((await t.act(tool, input)).snapshot_id ?? '');
    times.push(time());
  }
  expect(new Set(times).size).toBe(4);
  return { t, ids, times, time };
}

const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

test.each(ORDERS)(
  'a folder has the time of the last action that stands: undone %i, %i, %i',
  async (...order) => {
    const { t, ids, times, time } = await filled();
    const standing = [true, true, true];
    const expected = (): bigint => times[standing.lastIndexOf(true) + 1] ?? 0n;
    const newest = [...ids];
    for (const number of [...order, ...order, ...order.toReversed()]) {
      const turned = await t.act('rollback', { id: newest[number] });
      expect(turned.outcome).toBe('succeeded');
      newest[number] = turned.action_id ?? '';
      standing[number] = !(standing[number] ?? false);
      expect(time(), standing.join()).toBe(expected());
    }
    await t.close();
  },
);

test('what is written anew in its place moves no folder’s time, nor does its undo', async () => {
  const { t, ids, times, time } = await filled();
  const anew = await t.act('run_command', { command: 'echo anew >dir/one' });
  expect(time()).toBe(times[3]);
  for (const [id, expected] of [
    [ids[2], times[2]],
    [anew.snapshot_id, times[2]],
    [ids[1], times[1]],
    [ids[0], times[0]],
  ] as const) {
    expect((await t.act('rollback', { id })).outcome).toBe('succeeded');
    expect(time()).toBe(expected);
  }
  await t.close();
});

test('a folder that somebody else has filled since keeps their time', async () => {
  const { t, ids, time } = await filled();
  writeFileSync(join(t.root, 'dir/theirs'), '');
  const theirs = time();
  for (const number of [1, 0, 2]) {
    expect((await t.act('rollback', { id: ids[number] })).outcome).toBe('succeeded');
    expect(time()).toBe(theirs);
  }
  await t.close();
});

test('a folder that was renamed meanwhile has its time back as well', async () => {
  const { t, ids, times } = await filled();
  const moved = await t.act('run_command', { command: 'mv dir elsewhere' });
  expect(moved.outcome).toBe('succeeded');
  expect((await t.act('rollback', { id: ids[0] })).error?.code).toBe('rollback_conflict');
  for (const id of [moved.snapshot_id, ids[1], ids[0], ids[2]])
    expect((await t.act('rollback', { id })).outcome).toBe('succeeded');
  expect(lstatSync(join(t.root, 'dir'), { bigint: true }).mtimeNs).toBe(times[0]);
  await t.close();
});
