import { execa } from 'execa';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openObjects, sha256 } from '../../src/store/objects.ts';
import { type TestApp, testApp } from '../helpers/app.ts';
import { sample, withFault } from '../helpers/faults.ts';
import { age, storeWith } from '../helpers/kept.ts';
import { sql } from '../helpers/sql.ts';
import { query } from '../helpers/state.ts';

const DYING = join(import.meta.dirname, '..', 'fixtures', 'dying-gc.mjs');
const ORPHANS = ['0123456789', 'abcdefghjk'];
const CONFIG = 'retention:\n  snapshots: 2\n';

/** Everything that a kept row names is there and whole. */
async function expectNothingLost(t: TestApp, store: string): Promise<string[]> {
  const objects = openObjects(join(t.home, 'objects'));
  const rows = query<{ id: string; data: string; checksum: string }>(
    t,
    'SELECT action_id AS id, data, checksum FROM snapshots ORDER BY n',
  );
  for (const { id, data, checksum } of rows) {
    expect(sha256(data)).toBe(checksum);
    for (const [digest] of data.matchAll(/\b[0-9a-f]{64}\b/g)) await objects.get(digest);
    expect(readFileSync(join(store, id, 'pre', '0'), 'utf8')).toBe(`kept of ${id}`);
  }
  return rows.map((row) => row.id);
}

interface Full {
  readonly store: string;
  /** The pinned one and the two newest, which stay. */
  readonly kept: readonly string[];
}

/** Much that retention lets go: snapshots, objects that only they name, and folders that nothing names. */
async function fill(t: TestApp, round: number): Promise<Full> {
  const ids: string[] = [];
  for (const name of ['one', 'two', 'three', 'four']) {
    const done = await t.act('write_file', { path: name, content: `${name} ${round}` });
    ids.push(done.action_id ?? '');
  }
  sql(t.home, 'UPDATE snapshots SET pinned = 0');
  sql(t.home, 'UPDATE snapshots SET pinned = 1 WHERE action_id = ?', ids[0]);
  age(t);
  const rows = query<{ id: string }>(t, 'SELECT action_id AS id FROM snapshots').map((row) => row.id);
  return { store: storeWith(t, [...ORPHANS, ...rows]), kept: [ids[0] ?? '', ...ids.slice(-2)] };
}

/** What was killed has lost nothing, and the next collection does the rest. */
async function expectCollected(t: TestApp, { store, kept }: Full): Promise<void> {
  expect(await expectNothingLost(t, store)).toEqual(expect.arrayContaining([...kept]));
  await (await t.app.operator()).collect(false);
  expect(await expectNothingLost(t, store)).toEqual(kept);
  expect(readdirSync(store).toSorted()).toEqual(kept.toSorted());
  expect(await (await t.app.operator()).collect(true)).toMatchObject({
    snapshots: [],
    folders: [],
    objects: { count: 0 },
    busy: false,
  });
}

async function expectNewestUndone(t: TestApp): Promise<void> {
  const [last = ''] = query<{ id: string }>(t, 'SELECT action_id AS id FROM snapshots ORDER BY n DESC').map(
    (row) => row.id,
  );
  expect((await t.act('rollback', { id: last })).outcome).toBe('succeeded');
  await t.close();
}

test('killed at every step of a collection, it loses nothing that a record names, and the next one ends it', async () => {
  const t = await testApp({ config: CONFIG });
  let round = 0;
  let killed = true;
  for (; killed; round++) {
    const full = await fill(t, round);
    const { signal, exitCode } = await execa(process.execPath, [DYING, String(round + 1)], {
      cwd: t.base,
      env: t.env,
      extendEnv: false,
      reject: false,
    });
    killed = signal === 'SIGKILL';
    if (!killed) expect(exitCode).toBe(0);
    await expectCollected(t, full);
  }
  // Rows, folders and objects: each was cut short at least once.
  expect(round).toBeGreaterThan(6);
  await expectNewestUndone(t);
});

test(
  'killed at any system call of a collection that changes a disk, as well',
  { timeout: 3_600_000 },
  async () => {
    const t = await testApp({ config: CONFIG });
    const step = 'collecting';
    await fill(t, 0);
    const { calls } = await withFault(t, { step, n: 1e9, how: 'kill' }, 'collect');
    expect(calls).toBeGreaterThan(20);
    for (const [round, n] of sample(calls).entries()) {
      // Written anew with the same content, nothing would be kept.
      const full = await fill(t, round + 1);
      // Later rounds have more to collect, never less.
      expect((await withFault(t, { step, n, how: 'kill' }, 'collect')).killed, `at ${n}`).toBe(true);
      await expectCollected(t, full);
    }
    await expectNewestUndone(t);
  },
);

test('killed between a store’s record and its folders, or with a store that is gone, nothing is amiss', async () => {
  const t = await testApp();
  await t.act('write_file', { path: 'a', content: 'a' });
  sql(t.home, 'INSERT INTO stores (folder) VALUES (?)', join(t.base, 'never-made'));
  writeFileSync(join(t.base, 'plain'), 'no folder');
  sql(t.home, 'INSERT INTO stores (folder) VALUES (?)', join(t.base, 'plain'));
  expect(await (await t.app.operator()).collect(false)).toMatchObject({ folders: [], busy: false });
  expect(existsSync(join(t.base, 'plain'))).toBe(true);
  expect((await t.act('write_file', { path: 'b', content: 'b' })).outcome).toBe('succeeded');
  await t.close();
});
