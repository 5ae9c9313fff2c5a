import { applyPatch, parsePatch } from 'diff';
import { expect, test } from 'vitest';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testApp } from '../helpers/app.ts';
import { treeOf } from '../helpers/tree.ts';

const deep = (): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < 50_000; i++) value = [value];
  return value;
};

const REFUSED = [
  {
    why: 'nested too deep to walk',
    tool: 'write_file',
    input: { path: 'a', content: deep() },
    code: 'invalid_input',
  },
  {
    why: 'a name that no file can have',
    tool: 'write_file',
    input: { path: 'n'.repeat(256), content: '' },
    code: 'invalid_input',
  },
  {
    why: 'a path that no system takes',
    tool: 'delete_file',
    input: { path: 'p/'.repeat(2047) },
    code: 'invalid_input',
  },
  {
    why: 'a path below a file',
    tool: 'write_file',
    input: { path: 'file/below', content: '' },
    code: 'not_found',
  },
  {
    why: 'a NUL byte in a command',
    tool: 'run_command',
    input: { command: 'echo a\0b' },
    code: 'invalid_input',
  },
  {
    why: 'a NUL byte in a variable',
    tool: 'run_command',
    input: { command: 'true', env: { A: '\0' } },
    code: 'invalid_input',
  },
  {
    why: 'a command that no system starts',
    tool: 'run_command',
    input: { command: `echo ${'é'.repeat(90_000)}` },
    code: 'too_large',
  },
  {
    why: 'a folder that is not there',
    tool: 'run_command',
    input: { command: 'true', cwd: 'nowhere' },
    code: 'not_found',
  },
  {
    why: 'a folder that is a file',
    tool: 'run_command',
    input: { command: 'true', cwd: 'file' },
    code: 'wrong_type',
  },
];

test.each(REFUSED)('refused and on record: $why', async ({ tool, input, code }) => {
  const t = await testApp();
  writeFileSync(join(t.root, 'file'), 'x');
  const before = treeOf(t.root);
  const report = await t.act(tool, input);
  expect(report).toMatchObject({ outcome: 'denied', error: { code }, action_id: null });
  expect(report.audit).toHaveLength(1);
  expect(treeOf(t.root)).toEqual(before);
  await t.close();
});

test('a query with input nested too deep to walk leaves a record', async () => {
  const t = await testApp();
  expect((await t.ask('read_file', { path: deep() })).error?.code).toBe('invalid_input');
  const { result } = await t.ask('query_audit', { action: 'read_file' });
  expect((result as { records: unknown[] }).records).toHaveLength(1);
  await t.close();
});

test('a secret stays out of the record, at whatever depth it stands', async () => {
  const t = await testApp();
  const secret = 'hunter2hunter2';
  const long = `${'x'.repeat(380)} password=${secret}`;
  await t.act('write_file', { path: [{ token: secret, note: `api_key: ${secret}` }, long] });
  expect(JSON.stringify(await t.ask('query_audit', {}))).not.toContain('hunter2');
  await t.close();
});

test('the longest name that a file can have is written, whatever letters it has', async () => {
  const t = await testApp();
  for (const name of ['n'.repeat(255), '木'.repeat(85)]) {
    expect((await t.act('write_file', { path: name, content: 'x' })).outcome).toBe('succeeded');
    expect(readFileSync(join(t.root, name), 'utf8')).toBe('x');
  }
  await t.close();
});

// Each of these took minutes, in which the server answered nobody: far over the time that a test may take.
const SLOW = [
  { what: 'blanks', old: '', content: ' '.repeat(300_000) },
  { what: 'beginnings of tokens', old: '', content: 'eyJ-'.repeat(200_000) },
  { what: 'names of secrets', old: '', content: `password${' '.repeat(300_000)}` },
  { what: 'a header without its value', old: '', content: `authorization:${' '.repeat(300_000)}` },
  { what: 'a file rewritten from top to bottom', old: numbered('a'), content: numbered('b') },
];

function numbered(letter: string): string {
  return Array.from({ length: 30_000 }, (_, i) => `${letter}${i}`).join('\n');
}

test.each(SLOW)('time does not run away on $what', async ({ old, content }) => {
  const t = await testApp();
  writeFileSync(join(t.root, 'file'), old);
  const report = await t.act('write_file', { path: 'file', content });
  expect(report.outcome).toBe('succeeded');
  expect(report.effects?.diff.length).toBeLessThan(20_000);
  await t.close();
});

test('a file rewritten from top to bottom is shown by its old lines and its new ones', async () => {
  const t = await testApp();
  const [old, content] = ['a', 'b'].map((x) => Array.from({ length: 600 }, (_, i) => x + i).join('\n'));
  writeFileSync(join(t.root, 'file'), `${old}\n`);
  const { effects } = await t.act('write_file', { path: 'file', content, dry_run: true });
  const [patch] = parsePatch(effects?.diff ?? '');
  expect(patch?.hunks).toHaveLength(1);
  expect(applyPatch(`${old}\n`, effects?.diff ?? '')).toBe(content);
  await t.close();
});

test('the audit is asked for by time to the millisecond', async () => {
  const t = await testApp();
  await t.act('write_file', { path: 'a', content: '' });
  const { result } = await t.ask('query_audit', { limit: 1 });
  const [last] = (result as { records: { time: string; seq: number }[] }).records;
  const second = `${last?.time.slice(0, 19) ?? ''}Z`;
  const since = await t.ask('query_audit', { since: second, limit: 200 });
  const seqs = (since.result as { records: { seq: number }[] }).records.map((record) => record.seq);
  expect(seqs).toContain(last?.seq);
  await t.close();
});
