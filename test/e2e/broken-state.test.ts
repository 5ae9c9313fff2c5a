import Database from 'better-sqlite3';
import {
  copyFileSync,
  existsSync,
  openSync,
  closeSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { asPerson } from '../helpers/cli-process.ts';
import { type Connected, connect } from '../helpers/client.ts';
import { type Scratch, scratch } from '../helpers/scratch.ts';
import { expectSettled } from '../helpers/settled.ts';
import { describeWithMounts, smallDisk } from '../helpers/small-disk.ts';

const WRITE = { path: 'a.txt', content: 'after\n' };

async function expectRefused(server: Connected, place: Scratch, code: string): Promise<string> {
  const calls = [
    await server.call('write_file', WRITE),
    await server.call('run_command', { command: 'printf after > a.txt' }),
    await server.call('query_audit', {}),
  ];
  for (const report of calls) {
    expect(report).toMatchObject({ outcome: 'failed', result: null, error: { code } });
  }
  expect(readdirSync(place.root)).toEqual([]);
  return `${calls[0]?.error?.message} ${calls[0]?.error?.next}`;
}

async function expectWorks(server: Connected, place: Scratch): Promise<void> {
  expect(await server.call('write_file', WRITE)).toMatchObject({ outcome: 'succeeded' });
  await server.close();
  await expectSettled(place);
}

/** A state in use for a while and closed, and a good copy of its database. */
async function used(place = scratch()) {
  const server = await connect(place);
  const big = 'some words to fill a page\n'.repeat(400);
  for (let n = 0; n < 12; n++) await server.call('write_file', { path: `f${n}`, content: `${n} ${big}` });
  for (let n = 0; n < 12; n++) await server.call('delete_file', { path: `f${n}` });
  await server.close();
  const database = join(place.home, 'state.db');
  const good = join(place.base, 'good.db');
  copyFileSync(database, good);
  return { place, database, good };
}

function overwrite(path: string, from: number, length: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(length, 0xa5), 0, length, from);
  closeSync(file);
}

const copiesIn = (place: Scratch): string[] =>
  readdirSync(place.home).filter((name) => name.includes('.damaged-'));

test.each([
  { what: 'the header', damage: (path: string) => overwrite(path, 0, 100) },
  {
    what: 'all pages after the first',
    damage: (path: string) => overwrite(path, 4096, statSync(path).size - 4096),
  },
  { what: 'all of it', damage: (path: string) => writeFileSync(path, 'no database') },
])('a database with $what overwritten is told, kept aside, and never begun anew', async ({ damage }) => {
  const { place, database, good } = await used();
  damage(database);
  const damaged = readFileSync(database);
  const server = await connect(place);
  expect(await expectRefused(server, place, 'state_corrupt')).toContain(`mv ${place.home}`);
  expect(readFileSync(database).equals(damaged)).toBe(true);
  const [copy, ...more] = copiesIn(place);
  expect(more).toEqual([]);
  expect(readFileSync(join(place.home, copy ?? '')).equals(damaged)).toBe(true);
  copyFileSync(good, database);
  await expectWorks(server, place);
});

test('a database that is gone is told with what to do, and works again once it is back', async () => {
  const { place, database, good } = await used();
  rmSync(database);
  const server = await connect(place);
  expect(await expectRefused(server, place, 'state_corrupt')).toContain(`mv ${place.home}`);
  expect(existsSync(database)).toBe(false);
  copyFileSync(good, database);
  await expectWorks(server, place);
});

test('a state of a newer version is left as it is, byte for byte', async () => {
  const { place, database, good } = await used();
  const db = new Database(database);
  db.pragma('user_version = 99');
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
  const newer = readFileSync(database);
  const server = await connect(place);
  await expectRefused(server, place, 'state_newer');
  expect(readFileSync(database).equals(newer)).toBe(true);
  copyFileSync(good, database);
  await expectWorks(server, place);
});

describeWithMounts('a read-only state folder', import.meta.filename, () => {
  test.each(['fresh', 'used'])('%s: nothing is done, and it works once it can be written', async (kind) => {
    const place = scratch();
    const disk = smallDisk(place);
    if (kind === 'used') await used(place);
    disk.setReadOnly(true);
    const server = await connect(place);
    expect(await expectRefused(server, place, 'record_failed')).toContain('homeostat doctor');
    const stop = await server.call('emergency_stop', {});
    expect(stop.error?.code).toBe('record_failed');
    disk.setReadOnly(false);
    expect((await server.call('write_file', WRITE)).error?.code).toBe('emergency_stopped');
    // Taking the file away releases nothing: what is on record holds.
    rmSync(join(place.home, 'stop'));
    expect((await server.call('write_file', WRITE)).error?.code).toBe('emergency_stopped');
    expect((await asPerson(place, ['init'])).code).toBe(0);
    expect((await asPerson(place, ['release'])).code).toBe(0);
    await expectWorks(server, place);
  });
});

test('a database taken away under a running server stops everything until it is back', async () => {
  const place = scratch();
  const server = await connect(place);
  expect((await server.call('write_file', { path: 'a', content: 'one' })).outcome).toBe('succeeded');
  const database = join(place.home, 'state.db');
  for (const end of ['', '-wal', '-shm']) renameSync(database + end, `${database}${end}.away`);

  const refused = await server.call('write_file', { path: 'a', content: 'two' });
  expect(refused).toMatchObject({ outcome: 'failed', error: { code: 'state_corrupt' } });
  expect(readFileSync(join(place.root, 'a'), 'utf8')).toBe('one');

  for (const end of ['', '-wal', '-shm']) renameSync(`${database}${end}.away`, database + end);
  expect((await server.call('write_file', { path: 'a', content: 'two' })).outcome).toBe('succeeded');
  await server.close();
});
