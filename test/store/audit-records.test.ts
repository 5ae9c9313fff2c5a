import { testSecrets } from '../helpers/secrets.ts';
import Database from 'better-sqlite3';
import { copyFileSync, mkdirSync, statSync } from 'node:fs';
import { beforeEach, expect, test } from 'vitest';
import { auditParameters, auditResources } from '../../src/guards/audit/parameters.ts';
import { type AuditEntry, BLANK, GENESIS, canonical } from '../../src/store/audit.ts';
import { checkEnd, verifyAudit } from '../../src/store/audit-verify.ts';
import { type Home, homeAt } from '../../src/store/home.ts';
import { MIGRATIONS } from '../../src/store/migrations.ts';
import { sha256 } from '../../src/store/objects.ts';
import { type Store, openStore } from '../../src/store/store.ts';
import { atDay } from '../helpers/day-clock.ts';
import { scratch } from '../helpers/scratch.ts';

let store: Store;
beforeEach(() => {
  store = openStore(homeAt(scratch().home));
  return () => store.close();
});

const whole = (of: Store): boolean =>
  verifyAudit({ log: of.audit, days: of.auditDays, heads: [], anchored: [], key: null }).ok;
const entry = (more: Partial<AuditEntry>): AuditEntry => ({
  ...BLANK,
  agent: 'a@test/u',
  event: 'query',
  action: 'read_file',
  ...more,
});

const secrets = testSecrets();
const LONG = 'ä"\\\u0001😀'.repeat(2000);

test.each<[string, Partial<AuditEntry>]>([
  ['small', { parameters: { b: 1, a: [true, null], '10': 'x', é: '\u2028' } }],
  [
    'of long parameters',
    { parameters: auditParameters({ content: LONG, path: LONG, more: [LONG, LONG] }, secrets) },
  ],
  [
    'of many parameters',
    {
      parameters: auditParameters(
        Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`${i}${LONG}`, LONG])),
        secrets,
      ),
    },
  ],
  [
    'of everything at once',
    {
      parameters: LONG,
      detail: LONG,
      agent: LONG,
      action: LONG,
      resources: auditResources([LONG, LONG, 'x'], secrets),
    },
  ],
])('a record %s is canonical, and never larger than it may be', (_, more) => {
  store.write(() => store.audit.append(entry(more)));
  const body = store.audit.link(1)?.body ?? '';
  expect(body).toBe(canonical(JSON.parse(body)));
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(900);
  expect(whole(store)).toBe(true);
});

test('what an agent names like the chain’s own fields does not stand for them', () => {
  const fake = { prev: GENESIS, seq: 2, z: { prev: 'x', seq: 1 }, text: `","prev":"${GENESIS}","seq":9,` };
  store.write(() => {
    for (let n = 0; n < 3; n++) store.audit.append(entry({ parameters: fake, resources: [fake.text] }));
  });
  expect(whole(store)).toBe(true);
});

test('one of a group that fails leaves nothing behind, and the others are written', async () => {
  const answers = await Promise.allSettled(
    [0, 1, 2, 3, 4].map(async (n) =>
      store.group(() => {
        const seq = store.audit.append(entry({ detail: String(n) }));
        if (n === 2) throw new Error('by itself');
        return seq;
      }),
    ),
  );
  expect(answers.map(({ status }) => status === 'fulfilled')).toEqual([true, true, false, true, true]);
  expect(store.audit.query({ limit: 9 }).map(({ body }) => body.detail)).toEqual(['4', '3', '1', '0']);
  expect(whole(store)).toBe(true);
});

test('what another process appends meanwhile does not look like a cut tail', () => {
  store.write(() => store.audit.append(entry({})));
  const other = openStore(store.home);
  store.snapshot(() => {
    expect(store.audit.count()).toBe(1);
    other.write(() => other.audit.append(entry({})));
    expect(whole(store)).toBe(true);
    expect(checkEnd(store.audit, null, 10)).toBeNull();
  });
  expect(store.audit.count()).toBe(2);
  expect(whole(store)).toBe(true);
  other.close();
});

test('a resource is found by its name, its path and the folders above, and by nothing else', () => {
  store.write(() => {
    store.audit.append(entry({ resources: ['file:/home/u/src/a.ts'] }));
    store.audit.append(entry({ resources: ['process:k1'] }));
    // An agent that has seen the index writes another's mark into a text of its own.
    store.audit.append(entry({ detail: `zqresource${sha256('/home/u').slice(0, 10)}` }));
  });
  for (const indexed of [false, true]) {
    if (indexed) store.write(() => store.audit.index(10));
    const find = (resource: string): number[] =>
      store.audit.query({ resource, limit: 9 }).map(({ seq }) => seq);
    for (const one of ['file:/home/u/src/a.ts', '/home/u/src/a.ts', '/home/u/src', '/home/u'])
      expect(find(one)).toEqual([1]);
    expect(find('process:k1')).toEqual([2]);
    for (const none of ['/home/u/sr', '/home/u/src/a', 'a.ts']) expect(find(none)).toEqual([]);
  }
});

test('a time is found also where the clock was set back', () => {
  const times = ['01-01', '01-02', '01-03', '01-02', '01-05', '01-01', '01-09'];
  for (const time of times) {
    atDay(`2026-${time}T00:00:00.000Z`);
    store.write(() => store.audit.append(entry({})));
  }
  const find = (since?: string, until?: string): number[] => {
    const at = (day?: string): string | undefined => (day === undefined ? day : `2026-${day}T00:00:00.000Z`);
    return store.audit.query({ since: at(since), until: at(until), limit: 9 }).map(({ seq }) => seq);
  };
  expect(find('01-02', '01-02')).toEqual([4, 2]);
  expect(find('01-03')).toEqual([7, 5, 3]);
  expect(find(undefined, '01-01')).toEqual([6, 1]);
  expect(find('01-06', '01-08')).toEqual([]);
  expect(find()).toEqual([7, 6, 5, 4, 3, 2, 1]);
});

/** A state as an older program left it: so many records in the schema of that version. */
function olderState(version: number, records: number): Home {
  const home = homeAt(scratch().home);
  mkdirSync(home.folder, { recursive: true });
  const db = new Database(home.database);
  db.pragma('journal_mode = WAL');
  for (const step of MIGRATIONS.slice(0, version)) db.exec(step);
  db.pragma(`user_version = ${version}`);
  let prev = GENESIS;
  for (let seq = 1; seq <= records; seq++) {
    const { resources: _, ...old } = BLANK;
    const time = '2026-01-01T00:00:00.000Z';
    const body = canonical({ ...old, seq, prev, agent: 'a', event: 'e', action: 't', time });
    prev = sha256(body);
    db.prepare('INSERT INTO audit (seq, hash, body) VALUES (?, ?, ?)').run(seq, prev, body);
  }
  db.close();
  return home;
}

test.each([
  [4, 0],
  [4, 3],
  [12, 0],
  [12, 3],
])('a state of schema %i with %i records goes on as one chain', (version, records) => {
  const home = olderState(version, records);
  const opened = openStore(home);
  expect(opened.audit.highest()).toBe(records);
  expect(opened.write(() => opened.audit.append(entry({})))).toBe(records + 1);
  expect(opened.audit.count()).toBe(records + 1);
  expect(whole(opened)).toBe(true);
  expect(opened.audit.query({ action: 't', limit: 9 })).toHaveLength(records);
  opened.close();
  const after = new Database(home.database);
  // Whatever else a row had would be worked out again for each record.
  expect(after.pragma('table_xinfo(audit)')).toMatchObject([
    { name: 'seq' },
    { name: 'hash' },
    { name: 'body' },
  ]);
  for (const sql of ["UPDATE audit SET body = '{}'", 'DELETE FROM audit', 'DELETE FROM audit_mark'])
    expect(() => after.exec(sql)).toThrow('append-only');
  after.close();
});

test('a tail that was cut before the schema changed is found after it', () => {
  const home = olderState(12, 5);
  const db = new Database(home.database);
  db.exec('DROP TRIGGER audit_is_append_only_delete; DELETE FROM audit WHERE seq > 3');
  db.close();
  const opened = openStore(home);
  expect(checkEnd(opened.audit, null, 10)).toMatchObject({ seq: 4, kind: 'cut_tail' });
  expect(() => opened.write(() => opened.audit.append(entry({})))).toThrow('records up to 5 were written');
  opened.close();
});

test('a change of the schema that is cut short leaves the state as it was, and is done by the next', () => {
  const home = olderState(12, 50);
  const copy = homeAt(scratch().home);
  const step = new Database(home.database);
  // As a power failure would leave it: pages are in the log already, and the end of the transaction is not.
  step.pragma('cache_size = 1');
  step.exec('BEGIN IMMEDIATE');
  step.exec(MIGRATIONS[12] ?? '');
  expect(statSync(`${home.database}-wal`).size).toBeGreaterThan(0);
  mkdirSync(copy.folder, { recursive: true });
  for (const end of ['', '-wal']) copyFileSync(`${home.database}${end}`, `${copy.database}${end}`);
  step.close();
  const old = new Database(copy.database);
  expect(old.pragma('user_version', { simple: true })).toBe(12);
  expect(old.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").get()).toEqual({ seq: 50 });
  old.close();
  const opened = openStore(copy);
  expect(opened.write(() => opened.audit.append(entry({})))).toBe(51);
  expect(whole(opened)).toBe(true);
  opened.close();
});

test('the numbers go on where the days before have been sealed, archived and dropped', () => {
  store.write(() => {
    for (let n = 0; n < 4; n++) store.audit.append(entry({}));
  });
  const day = { first_seq: 1, last_seq: 3, last_hash: store.audit.link(3)?.hash ?? '', last_time: 't' };
  store.write(() => {
    store.audit.days.add({ ...day, name: 'past', prev: GENESIS, sha256: '', bytes: 0 });
    store.audit.days.archive('past');
    store.audit.days.drop({ ...day, name: 'past', archived: true }, 10);
  });
  const other = openStore(store.home);
  expect([other.audit.first(), other.audit.highest()]).toEqual([4, 3]);
  expect(other.write(() => other.audit.append(entry({})))).toBe(5);
  other.close();
});
