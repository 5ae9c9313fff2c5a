import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GrantRequest } from '../../../src/core/grants.ts';
import type { Operator } from '../../../src/core/gateway.ts';
import { PASSPHRASE, type TestApp, testApp } from '../../helpers/app.ts';

const PROOF = { passphrase: PASSPHRASE, terminal: false };
const ASKED: GrantRequest = {
  agent: 'test/tester',
  tool: 'run_command',
  pattern: 'rm *.csv',
  ceiling: 'HIGH',
  count: 2,
  hours: 1,
};

let t: TestApp;
let operator: Operator;
beforeEach(async () => {
  t = await testApp({ config: 'autonomy: safe\n' });
  operator = await t.app.operator();
  for (const name of ['a', 'b', 'c', 'd']) writeFileSync(join(t.root, `${name}.csv`), `${name}\n`);
});
afterEach(async () => t.close());

const run = async (command: string, more: object = {}): Promise<string> =>
  (await t.act('run_command', { command, ...more })).outcome;

test('what fits a grant is done without asking, so many times and no more', async () => {
  const { id } = await operator.grant(ASKED, PROOF);
  expect(await run('rm a.csv')).toBe('succeeded');
  expect(operator.grants()).toMatchObject([{ id, remaining: 1 }]);
  expect(await run('rm b.csv')).toBe('succeeded');
  expect(await run('rm c.csv')).toBe('held');
  expect(operator.grants()).toEqual([]);
  const { result } = await t.ask('query_audit', { text: 'grant.' });
  const events = (result as { records: { event: string }[] }).records.map(({ event }) => event);
  expect(events).toEqual(['grant.used', 'grant.used', 'grant.made']);
});

const OTHERS: [string, string, object][] = [
  ['an option', 'rm -f a.csv', {}],
  ['two words', 'rm a.csv b.csv', {}],
  ['a second command', 'rm a.csv; rm b.csv.csv', {}],
  ['a pipe', 'rm a.csv | rm b.csv', {}],
  ['a substitution', 'rm $(ls).csv', {}],
  ['backquotes', 'rm `ls`.csv', {}],
  ['a redirection', 'rm a > b.csv', {}],
  ['a line break', 'rm a.csv\nrm b.csv', {}],
  ['a glob of its own', 'rm {a,b}.csv', {}],
  ['quotes', "rm '*'.csv", {}],
  ['another environment', 'rm a.csv', { env: { PATH: '/tmp' } }],
  ['another folder', 'rm a.csv', { cwd: 'sub' }],
  ['the network', 'rm a.csv', { network: true }],
  ['no sandbox', 'rm a.csv', { sandbox: 'none' }],
];

test('nothing else fits', async () => {
  mkdirSync(join(t.root, 'sub'));
  writeFileSync(join(t.root, 'sub', 'a.csv'), 'sub\n');
  await operator.grant({ ...ASKED, count: 50 }, PROOF);
  const outcomes: string[] = [];
  for (const [what, line, more] of OTHERS) outcomes.push(`${what}: ${await run(line, more)}`);
  expect(outcomes.filter((one) => one.endsWith('succeeded'))).toEqual([]);
  expect(operator.grants()).toMatchObject([{ remaining: 50 }]);
  expect(readFileSync(join(t.root, 'a.csv'), 'utf8')).toBe('a\n');
});

test('another agent, another card and another tool have no part in it', async () => {
  await operator.grant(ASKED, PROOF);
  for (const who of [{ client: 'other' }, { user: 'other' }, { card: 'ops' }])
    expect((await t.act('run_command', { command: 'rm a.csv' }, who)).outcome).not.toBe('succeeded');
  expect((await t.act('delete_file', { path: 'a.csv' })).outcome).toBe('held');
});

test('what turns out worse than its ceiling is asked about, and DESTRUCTIVE is never granted', async () => {
  await operator.grant({ ...ASKED, pattern: 'rm *', ceiling: 'MEDIUM', count: 5 }, PROOF);
  mkdirSync(join(t.root, 'many'));
  for (let n = 0; n < 40; n++) writeFileSync(join(t.root, 'many', `${n}.txt`), `${n}\n`);
  expect(await run('rm -r many')).toBe('held');
  expect(existsSync(join(t.root, 'many', '7.txt'))).toBe(true);
  await expect(operator.grant({ ...ASKED, ceiling: 'DESTRUCTIVE' }, PROOF)).rejects.toMatchObject({
    code: 'invalid_input',
  });
});

test('a path is granted for a file tool, below the folder that it names', async () => {
  mkdirSync(join(t.root, 'data'));
  for (const name of ['x', 'y']) writeFileSync(join(t.root, 'data', `${name}.txt`), 'one\n');
  await operator.grant({ ...ASKED, tool: 'delete_file', pattern: 'data/*' }, PROOF);
  expect((await t.act('delete_file', { path: 'data/x.txt' })).outcome).toBe('succeeded');
  expect((await t.act('delete_file', { path: 'a.csv' })).outcome).toBe('held');
  expect((await t.act('delete_file', { path: 'data/../b.csv' })).outcome).toBe('held');
});

test('taken back, or over, it is worth nothing; and only a person gives one', async () => {
  const { id } = await operator.grant(ASKED, PROOF);
  operator.revokeGrant(id);
  expect(await run('rm a.csv')).toBe('held');
  await operator.grant({ ...ASKED, hours: 1 / 3_600_000 }, PROOF);
  expect(await run('rm b.csv')).toBe('held');
  await expect(operator.grant(ASKED, { passphrase: 'wrong guess', terminal: true })).rejects.toMatchObject({
    code: 'wrong_passphrase',
  });
  expect(await run("homeostat grants add 'rm *' --by test/tester")).not.toBe('succeeded');
});

test('a yes to this for an hour covers the same line and no other', async () => {
  const { action_id: id } = await t.act('run_command', { command: 'rm a.csv' });
  const grant = await operator.grantLike(id ?? '', { hours: 1, count: 3 }, PROOF);
  expect(grant).toMatchObject({ pattern: 'rm a.csv', tool: 'run_command', remaining: 3 });
  await t.approve(id ?? '');
  expect((await t.ask('wait_for_approval', { action_id: id })).result).toMatchObject({
    report: { outcome: 'succeeded' },
  });
  writeFileSync(join(t.root, 'a.csv'), 'again\n');
  expect(await run('rm a.csv')).toBe('succeeded');
  expect(await run('rm b.csv')).toBe('held');
});
