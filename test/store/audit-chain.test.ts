import Database from 'better-sqlite3';
import { beforeEach, expect, test } from 'vitest';
import { BLANK } from '../../src/store/audit.ts';
import { verifyAudit } from '../../src/store/audit-verify.ts';
import { homeAt } from '../../src/store/home.ts';
import { sha256 } from '../../src/store/objects.ts';
import { type Store, openStore } from '../../src/store/store.ts';
import { scratch } from '../helpers/scratch.ts';

let store: Store;

const verify = (): ReturnType<typeof verifyAudit> =>
  verifyAudit({ log: store.audit, days: store.auditDays, heads: [], anchored: [], key: null });

beforeEach(() => {
  store = openStore(homeAt(scratch().home));
  store.write(() => {
    for (let i = 1; i <= 5; i++) {
      store.audit.append({
        ...BLANK,
        agent: 'a@test/u',
        event: 'query',
        action: `tool_${i}`,
        detail: `100% ${i}_x`,
      });
    }
    store.audit.mark();
  });
  return () => store.close();
});

/** Changes the record as somebody would who has the file. */
function tamper(...statements: string[]): void {
  const db = new Database(store.home.database);
  db.exec('DROP TRIGGER audit_is_append_only_update; DROP TRIGGER audit_is_append_only_delete');
  for (const statement of statements) db.exec(statement);
  db.close();
}

test('an untouched chain is whole', () => {
  expect(verify()).toMatchObject({ ok: true, records: 5, problem: null });
});

test.each([
  [
    'a changed body',
    ["UPDATE audit SET body = replace(body, 'tool_3', 'tool_9') WHERE seq = 3"],
    3,
    'content was changed',
  ],
  [
    'a changed hash',
    [`UPDATE audit SET hash = '${'0'.repeat(63)}1' WHERE seq = 2`],
    2,
    'content was changed',
  ],
  ['a removed record', ['DELETE FROM audit WHERE seq = 3'], 3, 'missing'],
  ['several removed records', ['DELETE FROM audit WHERE seq IN (2, 3)'], 2, 'records 2 to 3 are missing'],
  ['a removed beginning', ['DELETE FROM audit WHERE seq = 1'], 1, 'missing'],
  ['a cut tail', ['DELETE FROM audit WHERE seq > 3'], 4, 'tail is cut'],
  ['all of it gone', ['DELETE FROM audit'], 1, 'records 1 to 5 are missing'],
  [
    'two records exchanged',
    [
      'UPDATE audit SET seq = 99 WHERE seq = 2',
      'UPDATE audit SET seq = 2 WHERE seq = 3',
      'UPDATE audit SET seq = 3 WHERE seq = 99',
    ],
    2,
    'moved here',
  ],
])('%s is found, by its first link and its kind', (_, statements, seq, what) => {
  tamper(...statements);
  const { ok, problem } = verify();
  expect(ok).toBe(false);
  expect(problem?.seq).toBe(seq);
  expect(problem?.what).toContain(what);
});

test('a record rewritten with a fitting hash of its own breaks the next link', () => {
  const body = JSON.stringify({ ...store.audit.query({ limit: 3 })[2]?.body, action: 'other' });
  tamper(`UPDATE audit SET body = '${body}', hash = '${sha256(body)}' WHERE seq = 3`);
  expect(verify().problem).toMatchObject({ seq: 4 });
});

test('a record that is no record any more is found, not stumbled over', () => {
  tamper(`UPDATE audit SET body = 'null', hash = '${sha256('null')}' WHERE seq = 3`);
  expect(verify().problem).toMatchObject({ seq: 3 });
});

const append = (of: Store): number =>
  of.write(() => of.audit.append({ ...BLANK, agent: 'a@test/u', event: 'query', action: 'late' }));

test('a process that has written or seen a record does not go on without it, whatever the mark says', () => {
  const other = openStore(store.home);
  append(other);
  append(store);
  append(other);
  append(other);
  tamper('DELETE FROM audit WHERE seq > 6');
  expect(() => append(other)).toThrow('records up to 9 were written, the last that is there is 6');
  expect(() => append(store)).toThrow('records up to 7 were written');
  other.close();
  expect(store.audit.count()).toBe(6);
});

test('what was taken back was not written: the number is given to the next', async () => {
  const failing = (): never => {
    store.audit.append({ ...BLANK, agent: 'a@test/u', event: 'query', action: 'never' });
    throw new Error('by itself');
  };
  expect(() => store.write(failing)).toThrow('by itself');
  expect(append(store)).toBe(6);
  await expect(store.group(failing)).rejects.toThrow('by itself');
  expect(append(store)).toBe(7);
  expect(verify()).toMatchObject({ ok: true, records: 7 });
});

test.each([3, 0])('a tail that is cut down to %i records is not gone on from by a new process', (left) => {
  tamper(`DELETE FROM audit WHERE seq > ${left}`);
  const next = openStore(store.home);
  expect(() => append(next)).toThrow(`records up to 5 were written, the last that is there is ${left}`);
  next.close();
});

test('a mark is never set back', () => {
  const db = new Database(store.home.database);
  expect(() => db.exec('UPDATE audit_mark SET seq = 1')).toThrow('append-only');
  expect(() => db.exec('DELETE FROM audit_mark')).toThrow('append-only');
  db.close();
  tamper('DELETE FROM audit WHERE seq > 3');
  store.write(() => store.audit.mark());
  const next = openStore(store.home);
  expect(next.audit.highest()).toBe(5);
  next.close();
});

test('the database itself refuses to change or delete a record', () => {
  const db = new Database(store.home.database);
  expect(() => db.exec("UPDATE audit SET body = '{}'")).toThrow('append-only');
  expect(() => db.exec('DELETE FROM audit WHERE seq = 5')).toThrow('append-only');
  expect(() => db.exec("INSERT OR REPLACE INTO audit (seq, hash, body) VALUES (3, 'x', '{}')")).toThrow(
    'append-only',
  );
  db.close();
  expect(verify().ok).toBe(true);
});

test.each([true, false])('filters narrow, with an index (%s) or without', (indexed) => {
  const find = (filter: object): number[] => store.audit.query({ limit: 10, ...filter }).map((r) => r.seq);
  if (indexed) store.write(() => store.audit.index(10));
  expect(find({})).toEqual([5, 4, 3, 2, 1]);
  expect(find({ action: 'tool_2' })).toEqual([2]);
  expect(find({ text: '100% 2_x' })).toEqual([2]);
  expect(find({ text: 'TOOL 4' })).toEqual([4]);
  expect(find({ text: 'too' })).toEqual([]);
  expect(find({ text: '%' })).toEqual([]);
  expect(find({ text: '" OR words:' })).toEqual([]);
  expect(find({ text: 'x', action: 'tool_3', before: 4 })).toEqual([3]);
  expect(find({ before: 3 })).toEqual([2, 1]);
  expect(find({ since: '2999-01-01T00:00:00Z' })).toEqual([]);
  expect(find({ agent: 'nobody' })).toEqual([]);
});
