import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Collected } from '../../../src/core/records.ts';
import { actionFolders, removeActionFolders } from '../../../src/store/action-folders.ts';
import { openObjects, sha256 } from '../../../src/store/objects.ts';
import { PASSPHRASE, type TestApp, testApp } from '../../helpers/app.ts';
import { age, storeWith } from '../../helpers/kept.ts';
import { scratch } from '../../helpers/scratch.ts';
import { sql } from '../../helpers/sql.ts';
import { query } from '../../helpers/state.ts';

const gc = async (t: TestApp, dryRun = false): Promise<Collected> => (await t.app.operator()).collect(dryRun);

async function written(t: TestApp, names: string): Promise<string[]> {
  const ids: string[] = [];
  for (const name of names) {
    const report = await t.act('write_file', { path: name, content: name.repeat(8) });
    expect(report.outcome).toBe('succeeded');
    ids.push(report.action_id ?? '');
  }
  return ids;
}

const why = (found: Collected): string[][] => found.snapshots.map((s) => [s.snapshot_id, s.why]);
const rows = (t: TestApp): string[] =>
  query<{ id: string }>(t, 'SELECT action_id AS id FROM snapshots ORDER BY n').map((row) => row.id);

test('what is over the count goes, with what it alone had kept; a dry run says so and removes nothing', async () => {
  const t = await testApp({ config: 'retention:\n  snapshots: 1\n' });
  const [a = '', b = '', c = ''] = await written(t, 'abc');
  expect((await gc(t, true)).snapshots).toEqual([]);
  age(t);
  const store = storeWith(t, [a, b, c]);
  const found = await gc(t, true);
  expect(why(found)).toEqual([
    [b, 'count'],
    [a, 'count'],
  ]);
  expect(found.snapshots[0]?.bytes).toBe(8);
  const own = [store, join(t.home, 'stages')];
  expect(found.folders.map(({ path }) => path).toSorted()).toEqual(
    own.flatMap((folder) => [join(folder, a), join(folder, b)]).toSorted(),
  );
  // Contents are kept as objects only until they are committed.
  expect(found.objects).toEqual({ count: 3, bytes: 24 });
  expect(rows(t)).toEqual([a, b, c]);
  expect(await gc(t)).toEqual(found);
  expect(rows(t)).toEqual([c]);
  expect(readdirSync(store)).toEqual([c]);
  expect(await gc(t, true)).toMatchObject({ snapshots: [], folders: [], objects: { count: 0 }, busy: false });
  expect((await t.act('rollback', { id: b })).error?.code).toBe('snapshot_gone');
  expect((await t.act('rollback', { id: c })).outcome).toBe('succeeded');
  await t.close();
});

test('what is over the bytes goes, oldest first, and what is young stays whatever it takes', async () => {
  const t = await testApp({ config: 'retention:\n  bytes: 20\n' });
  const [a = '', b = '', c = ''] = await written(t, 'abc');
  expect((await gc(t)).snapshots).toEqual([]);
  age(t);
  expect(why(await gc(t))).toEqual([[a, 'bytes']]);
  expect(rows(t)).toEqual([b, c]);
  await t.close();
});

test('a pinned snapshot goes neither by count nor by age nor by bytes, until a person unpins it', async () => {
  const t = await testApp({ config: 'retention:\n  snapshots: 1\n  bytes: 1\n  days: 1\n' });
  const [a = '', b = ''] = await written(t, 'ab');
  const person = await t.app.operator();
  person.pin(a);
  expect(person.pinned()).toEqual([a]);
  sql(t.home, 'UPDATE snapshots SET created_ms = created_ms - ?', 3 * 86_400_000);
  age(t);
  expect(why(await gc(t))).toEqual([[b, 'age']]);
  await written(t, 'c');
  expect(rows(t)).toContain(a);
  expect(() => person.pin(b)).toThrow('no snapshot is kept');
  await expect(person.unpin(a, { passphrase: 'wrong', terminal: true })).rejects.toMatchObject({
    code: 'wrong_passphrase',
  });
  expect(why(await gc(t))).toEqual([]);
  await person.unpin(a, { passphrase: PASSPHRASE, terminal: false });
  expect(why(await gc(t))).toEqual([[a, 'age']]);
  await t.close();
});

test('a snapshot that is being undone, and what a held action has staged, stay', async () => {
  const t = await testApp({ config: 'autonomy: safe\nretention:\n  snapshots: 1\n' });
  const held = await t.act('delete_file', { path: 'a' });
  expect(held.error?.code).toBe('not_found');
  writeFileSync(join(t.root, 'a'), 'a');
  const waiting = await t.act('run_command', { command: 'rm a' });
  expect(waiting.outcome).toBe('held');
  const id = waiting.action_id ?? '';
  const store = storeWith(t, [id, '0123456789']);
  expect((await gc(t)).folders.map(({ path }) => path)).toEqual([join(store, '0123456789')]);
  expect(readdirSync(store)).toEqual([id]);
  // An undo names the action whose pre-images it takes: that folder stays until it is over.
  sql(t.home, 'UPDATE actions SET undoes = ? WHERE id = ?', 'abcdefghjk', id);
  storeWith(t, ['abcdefghjk']);
  expect((await gc(t)).folders).toEqual([]);
  (await t.app.operator()).deny(id, 'no');
  expect((await gc(t)).folders.map(({ path }) => path).toSorted()).toEqual(
    [join(store, id), join(store, 'abcdefghjk')].toSorted(),
  );
  await t.close();
});

test('an action that nobody decided on in time is discarded with its stage, without being asked about', async () => {
  const t = await testApp({ config: 'autonomy: safe\n' });
  writeFileSync(join(t.root, 'a'), 'a');
  const { action_id } = await t.act('run_command', { command: 'rm a' });
  const store = storeWith(t, [action_id ?? '']);
  sql(t.home, 'UPDATE approvals SET expires_ms = 0');
  expect(await gc(t, true)).toMatchObject({
    stages: [action_id],
  });
  await t.act('write_file', { path: 'b', content: 'b' });
  expect(query(t, `SELECT stage, outcome FROM actions WHERE id = '${action_id ?? ''}'`)).toEqual([
    { stage: null, outcome: 'denied' },
  ]);
  await gc(t);
  expect(readdirSync(store)).toEqual([]);
  await t.close();
});

test('a folder that any record names stays, also where the record is of another action', async () => {
  const t = await testApp();
  const [a = ''] = await written(t, 'a');
  const other = 'zyxwvtsrqp';
  const store = storeWith(t, [a, other]);
  const [row] = query<{ data: string }>(t, 'SELECT data FROM snapshots');
  sql(t.home, 'UPDATE snapshots SET data = ?', (row?.data ?? '').replace('{', `{"from":"${other}/pre/0",`));
  expect((await gc(t)).folders).toEqual([]);
  expect(readdirSync(store).toSorted()).toEqual([a, other].toSorted());
  await t.close();
});

test('nothing but actions’ own folders is swept: no other name, no link in a store’s place', async () => {
  const t = await testApp();
  await written(t, 'a');
  const theirs = join(t.base, 'theirs');
  mkdirSync(join(theirs, '0123456789'), { recursive: true });
  const store = storeWith(t, ['0123456789']);
  mkdirSync(join(store, 'not-an-id'));
  mkdirSync(join(store, '0123456789i'));
  symlinkSync(theirs, join(store, 'abcdefghjk'));
  await gc(t);
  expect(readdirSync(store).toSorted()).toEqual(['0123456789i', 'not-an-id']);
  expect(existsSync(join(theirs, '0123456789'))).toBe(true);
  rmSync(store, { recursive: true });
  symlinkSync(theirs, store);
  await gc(t);
  expect(existsSync(join(theirs, '0123456789'))).toBe(true);
  await t.close();
});

test('a folder that may not be looked into is removed, by an ordinary user too', async () => {
  const { base } = scratch();
  const shut = join(base, '0123456789', 'work', 'work');
  mkdirSync(shut, { recursive: true });
  writeFileSync(join(shut, 'file'), 'x');
  chmodSync(base, 0o755);
  const uid = 65_534;
  const root = process.getuid?.() === 0;
  if (root)
    for (const path of [
      base,
      join(base, '0123456789'),
      join(base, '0123456789/work'),
      shut,
      join(shut, 'file'),
    ])
      chownSync(path, uid, uid);
  chmodSync(shut, 0);
  if (root) process.seteuid?.(uid);
  try {
    expect(actionFolders([base])).toHaveLength(root ? 0 : 1);
    await removeActionFolders('0123456789', [base]);
  } finally {
    if (root) process.seteuid?.(0);
  }
  expect(existsSync(join(base, '0123456789'))).toBe(false);
});

test('all that waits for a person together is limited', async () => {
  const t = await testApp({
    config: 'protected:\n  paths: ["p*"]\nretention:\n  held_bytes: 1500\n',
  });
  const hold = async (path: string) => t.act('write_file', { path, content: 'x'.repeat(1000) });
  const first = await hold('p1');
  expect(first.outcome).toBe('held');
  const second = await hold('p2');
  expect(second).toMatchObject({ outcome: 'denied', error: { code: 'too_large' } });
  (await t.app.operator()).deny(first.action_id ?? '', 'no');
  expect((await hold('p2')).outcome).toBe('held');
  await t.close();
});

test('a collection leaves objects alone while an action is under way', async () => {
  const t = await testApp({ config: 'retention:\n  snapshots: 1\n' });
  await written(t, 'ab');
  age(t);
  const running = t.act('run_command', { command: 'sleep 1; touch made' });
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(await gc(t)).toMatchObject({ objects: { count: 0 }, busy: true });
  expect((await running).outcome).toBe('succeeded');
  expect(await gc(t)).toMatchObject({ busy: false });
  await t.close();
});

test('what scans remember keeps its objects until no scan has used it for long', async () => {
  const t = await testApp({ rung: 'snapshot' });
  const objects = openObjects(join(t.home, 'objects'));
  const kept = async (text: string): Promise<boolean> => objects.has(sha256(text));
  writeFileSync(join(t.root, 'old'), 'never changed');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect((await t.act('run_command', { command: 'touch made' })).outcome).toBe('succeeded');
  await objects.put(Buffer.from('named by nothing'));
  age(t);
  await gc(t);
  expect([await kept('never changed'), await kept('named by nothing')]).toEqual([true, false]);
  const [scan = ''] = readdirSync(join(t.home, 'scans'));
  const long = new Date(Date.now() - 9 * 86_400_000);
  utimesSync(join(t.home, 'scans', scan), long, long);
  await gc(t);
  expect([await kept('never changed'), existsSync(join(t.home, 'scans', scan))]).toEqual([false, false]);
  await t.close();
});
