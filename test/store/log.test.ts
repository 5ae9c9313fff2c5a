import Database from 'better-sqlite3';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { homeAt } from '../../src/store/home.ts';
import { BLANK } from '../../src/store/audit.ts';
import { openStore } from '../../src/store/store.ts';
import { scratch } from '../helpers/scratch.ts';

let failing = false;
const flushed: string[] = [];
const looked: unknown[] = [];

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return {
    ...fs,
    fdatasyncSync(file: number) {
      flushed.push(fs.readlinkSync(`/proc/self/fd/${file}`));
      if (failing) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
      fs.fdatasyncSync(file);
    },
    statSync(...args: Parameters<typeof fs.statSync>) {
      looked.push(args[0]);
      return fs.statSync(...args);
    },
  };
});

/** Records that fill more pages than a log may have. */
const MANY = 9000;
const entry = { ...BLANK, agent: 'someone', event: 'action.intended', action: 'write_file' };

function opened() {
  const home = homeAt(join(scratch().base, 'state'));
  const store = openStore(home);
  return { home, store, append: () => store.write(() => store.audit.append(entry)) };
}

test.runIf(process.platform === 'linux')('each transaction has flushed its own log when it returns', () => {
  const { home, store, append } = opened();
  flushed.length = 0;
  append();
  store.write(() => store.write(() => undefined));
  expect(flushed).toEqual([`${home.database}-wal`, `${home.database}-wal`]);
  store.close();
});

test.runIf(process.platform === 'linux')('one that may wait is flushed with the next', async () => {
  const { home, store, append } = opened();
  const later = async (flush: 'now' | 'later') => store.group(() => store.audit.append(entry), flush);
  flushed.length = 0;
  await Promise.all([later('later'), later('later')]);
  expect(flushed).toEqual([]);
  append();
  expect(flushed).toEqual([`${home.database}-wal`]);
  await Promise.all([later('later'), later('now')]);
  expect(flushed).toHaveLength(2);
  expect(store.audit.count()).toBe(5);
  store.close();
});

test('whether the database is still in its place is looked at once a transaction, also for a group', async () => {
  const { home, store, append } = opened();
  looked.length = 0;
  store.write(() => append() + append());
  expect(looked).toEqual([home.database]);
  await Promise.all([1, 2, 3].map(async () => store.group(() => store.audit.append(entry))));
  expect(looked).toEqual([home.database, home.database]);
  store.close();
});

test.runIf(process.platform === 'linux')(
  'what could not be flushed is not acknowledged, and nothing is until all of it is in the database',
  () => {
    const { home, store, append } = opened();
    append();
    const reader = new Database(home.database, { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM audit').get();
    failing = true;
    expect(append).toThrow(/cannot be flushed: .*EIO/);
    failing = false;
    // The kernel would say now that all is well.
    expect(append).toThrow(/an earlier flush failed/);
    reader.exec('COMMIT');
    reader.close();
    append();
    append();
    expect(statSync(`${home.database}-wal`).size).toBeGreaterThan(0);
    expect(store.audit.count()).toBe(5);
    store.close();
  },
);

test('a long log begins anew between the transactions of its writers, and a reader holds up none of them', () => {
  const { home, store, append } = opened();
  const reader = new Database(home.database, { readonly: true });
  const pages = () =>
    reader.prepare<[], { log: number }>('PRAGMA wal_checkpoint(NOOP)').get()?.log ?? Number.NaN;
  const longer = () =>
    store.write(() => {
      for (let n = 0; n < MANY; n++) append();
    });
  longer();
  expect(pages()).toBeGreaterThan(1000);
  const size = statSync(`${home.database}-wal`).size;
  for (let n = 0; n < 40; n++) append();
  expect(pages()).toBeLessThan(100);
  expect(statSync(`${home.database}-wal`).size).toBeGreaterThanOrEqual(size);

  reader.exec('BEGIN');
  const seen = reader.prepare('SELECT count(*) FROM audit').get();
  longer();
  for (let n = 0; n < 40; n++) append();
  expect(reader.prepare('SELECT count(*) FROM audit').get()).toEqual(seen);
  reader.exec('COMMIT');
  reader.close();
  expect(store.audit.count()).toBe(2 * (MANY + 40));
  store.close();
});
