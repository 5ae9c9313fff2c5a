import Database from 'better-sqlite3';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { collectObjects } from '../../src/store/collect.ts';
import { homeAt, stateFolder } from '../../src/store/home.ts';
import { openObjects, sha256 } from '../../src/store/objects.ts';
import { openStore } from '../../src/store/store.ts';
import { scratch } from '../helpers/scratch.ts';

const code = (work: () => unknown): string => {
  try {
    work();
    return 'none';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test('the state folder is the one that the environment names', () => {
  expect(stateFolder({ HOMEOSTAT_HOME: '/a/b' })).toBe('/a/b');
  expect(stateFolder({ XDG_STATE_HOME: '/s' })).toBe('/s/homeostat');
});

test('a new state is made for its owner alone, and opened twice at once', () => {
  const home = homeAt(scratch().home);
  const [one, two] = [openStore(home), openStore(home)];
  expect(statSync(home.folder).mode & 0o777).toBe(0o700);
  one.write(() => one.setSetting('a', '1'));
  expect(two.setting('a')).toBe('1');
  expect(one.sound()).toBe(true);
  one.close();
  two.close();
});

test('a newer schema is refused and left alone', () => {
  const home = homeAt(scratch().home);
  openStore(home).close();
  const db = new Database(home.database);
  db.pragma('user_version = 99');
  db.close();
  expect(code(() => openStore(home))).toBe('state_newer');
});

test('a state whose database is gone is not begun anew', () => {
  const home = homeAt(scratch().home);
  openStore(home).close();
  rmSync(home.database);
  expect(code(() => openStore(home))).toBe('state_corrupt');
});

test('a damaged database is kept aside, once, and stays where it is', () => {
  const home = homeAt(scratch().home);
  openStore(home).close();
  const damaged = Buffer.alloc(8192, 7);
  writeFileSync(home.database, damaged);
  expect(code(() => openStore(home))).toBe('state_corrupt');
  expect(code(() => openStore(home))).toBe('state_corrupt');
  const copies = readdirSync(home.folder).filter((name) => name.includes('.damaged-'));
  expect(copies).toHaveLength(1);
  expect(readFileSync(join(home.folder, copies[0] ?? '')).equals(damaged)).toBe(true);
  expect(readFileSync(home.database).equals(damaged)).toBe(true);
});

test('a failed transaction leaves nothing behind', () => {
  const store = openStore(homeAt(scratch().home));
  expect(() =>
    store.write(() => {
      store.setSetting('a', '1');
      throw new Error('stopped');
    }),
  ).toThrow('stopped');
  expect(store.setting('a')).toBeNull();
  store.close();
});

test('objects are named by what they hold, kept once, and looked at when they are read', async () => {
  const folder = join(scratch().base, 'objects');
  mkdirSync(folder);
  const objects = openObjects(folder);
  const digest = await objects.put(Buffer.from('abc'));
  expect(digest).toBe(sha256('abc'));
  expect(await objects.put(Buffer.from('abc'))).toBe(digest);
  expect((await objects.get(digest)).toString()).toBe('abc');
  expect(await objects.has(digest)).toBe(true);
  await objects.sync();
  writeFileSync(join(folder, digest.slice(0, 2), digest.slice(2)), 'abX');
  await expect(objects.get(digest)).rejects.toMatchObject({ code: 'state_corrupt' });
  await expect(objects.get('f'.repeat(64))).rejects.toMatchObject({ code: 'snapshot_gone' });
});

test('a file is copied in by its content; a link is not followed, and nothing half is left', async () => {
  const { base } = scratch();
  const folder = join(base, 'objects');
  mkdirSync(folder);
  const objects = openObjects(folder);
  const big = Buffer.alloc(3_000_000, 'x');
  writeFileSync(join(base, 'big'), big);
  expect(await objects.putFile(join(base, 'big'))).toEqual({ digest: sha256(big), size: big.length });
  await Promise.all(Array.from({ length: 8 }, async () => objects.putFile(join(base, 'big'))));
  const { symlinkSync } = await import('node:fs');
  symlinkSync('big', join(base, 'link'));
  await expect(objects.putFile(join(base, 'link'))).rejects.toThrow('ELOOP');
  await expect(objects.putFile(join(base, 'missing'))).rejects.toThrow('ENOENT');
  expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('an object stays as long as anything names it, through manifests too', async () => {
  const { base } = scratch();
  const [folder, scans] = [join(base, 'objects'), join(base, 'scans')];
  mkdirSync(folder);
  mkdirSync(scans);
  const objects = openObjects(folder);
  const put = async (text: string): Promise<string> => objects.put(Buffer.from(text));
  const [named, inManifest, unnamed, fresh] = [
    await put('1'),
    await put('2'),
    await put('3'),
    await put('4'),
  ];
  const manifest = await put(JSON.stringify({ entries: { '/a': { digest: inManifest } } }));
  writeFileSync(join(folder, '.half-written'), 'x');
  const old = new Date(Date.now() - 172_800_000);
  for (const digest of [named, inManifest, unnamed, manifest]) {
    utimesSync(join(folder, digest.slice(0, 2), digest.slice(2)), old, old);
  }
  utimesSync(join(folder, '.half-written'), old, old);
  const texts = [`{"digest":"${named}"}`, `"manifest:${manifest}"`, '"manifest:' + 'e'.repeat(64) + '"'];
  expect(collectObjects(folder, scans, texts, Date.now() - 86_400_000)).toHaveLength(2);
  for (const digest of [named, inManifest, manifest, fresh]) expect(await objects.has(digest)).toBe(true);
  expect(await objects.has(unnamed)).toBe(false);
});

test('a snapshot whose text was changed is not believed', () => {
  const home = homeAt(scratch().home);
  const store = openStore(home);
  const db = new Database(home.database);
  db.pragma('foreign_keys = OFF');
  db.exec(
    "INSERT INTO snapshots (action_id, data, checksum, changes, created_ms) VALUES ('a', '{\"x\":1}', 'no checksum of it', 1, 1)",
  );
  db.close();
  expect(code(() => store.snapshots.get('a'))).toBe('state_corrupt');
  expect(store.snapshots.get('b')).toBeNull();
  const limits = { keep: 0, bytes: 1, youngMs: 2, beforeMs: 0 };
  expect(store.snapshots.surplus(limits).map((row) => row.action_id)).toEqual(['a']);
  store.close();
});

test('the newest snapshot is the last that was made, whatever the clock says', () => {
  const store = openStore(homeAt(scratch().home));
  const db = new Database(store.home.database);
  db.pragma('foreign_keys = OFF');
  const insert = db.prepare(
    'INSERT INTO snapshots (action_id, data, checksum, changes, created_ms) VALUES (?, ?, ?, 1, ?)',
  );
  const checksum = sha256('{}');
  insert.run('first', '{}', checksum, 2_000_000_000_000);
  insert.run('second', '{}', checksum, 1_000_000_000_000);
  db.close();
  expect(store.snapshots.list(10).map((s) => s.action_id)).toEqual(['second', 'first']);
  const limits = { keep: 1, bytes: 1, youngMs: Number.MAX_SAFE_INTEGER, beforeMs: 0 };
  expect(store.snapshots.surplus(limits)).toEqual([{ action_id: 'first', bytes: 0, why: 'count' }]);
  store.close();
});
