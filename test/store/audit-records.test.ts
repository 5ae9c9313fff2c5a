import { testSecrets } from '../helpers/secrets.ts';
import Database from 'better-sqlite3';
import { mkdirSync } from 'node:fs';
import { beforeEach, expect, test } from 'vitest';
import { auditParameters, auditResources } from '../../src/guards/audit/parameters.ts';
import { type AuditEntry, BLANK, GENESIS, canonical } from '../../src/store/audit.ts';
import { checkEnd, verifyAudit } from '../../src/store/audit-verify.ts';
import { homeAt } from '../../src/store/home.ts';
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

test.each([0, 3])('a state of the schema before, with %i records, goes on as one chain', (records) => {
  const home = homeAt(scratch().home);
  mkdirSync(home.folder, { recursive: true });
  const db = new Database(home.database);
  for (const step of MIGRATIONS.slice(0, 4)) db.exec(step);
  db.pragma('user_version = 4');
  let prev = GENESIS;
  for (let seq = 1; seq <= records; seq++) {
    const { resources: _, ...old } = BLANK;
    const body = canonical({
      ...old,
      seq,
      prev,
      agent: 'a',
      event: 'e',
      action: 't',
      time: '2026-01-01T00:00:00.000Z',
    });
    prev = sha256(body);
    db.prepare('INSERT INTO audit (seq, hash, body) VALUES (?, ?, ?)').run(seq, prev, body);
  }
  db.close();
  const opened = openStore(home);
  opened.write(() => opened.audit.append(entry({})));
  expect(opened.audit.count()).toBe(records + 1);
  expect(whole(opened)).toBe(true);
  expect(opened.audit.query({ action: 't', limit: 9 })).toHaveLength(records);
  opened.close();
});
