import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type TestApp, testApp } from '../../helpers/app.ts';
import { sql } from '../../helpers/sql.ts';
import { auditOf, query } from '../../helpers/state.ts';

const code = async (t: TestApp, name: string): Promise<string | undefined> =>
  // Each line is another one, so that only the resource is the same; each takes longer than it may.
  (await t.act('run_command', { command: `sleep 3; echo ${name}`, timeout_seconds: 0.05 })).error?.code;

test('five failures on a resource open the breaker for all processes; after a minute one may try', async () => {
  const t = await testApp();
  for (let i = 0; i < 5; i++) expect(await code(t, `${i}`)).toBe('timed_out');
  const other = await testApp({ on: t });
  for (const one of [t, other]) expect(await code(one, 'again')).toBe('circuit_open');
  // Another tool, and what lies elsewhere, is not concerned.
  expect((await t.act('write_file', { path: 'a', content: 'x' })).outcome).toBe('succeeded');
  const age = "UPDATE breakers SET state = json_set(state, '$.ownState.openedAt', 1)";
  sql(t.home, age);
  const both = await Promise.all([code(t, 'one'), code(other, 'two')]);
  expect(both.toSorted()).toEqual(['circuit_open', 'timed_out']);
  // The trial has failed: it rests anew.
  expect(await code(t, 'three')).toBe('circuit_open');
  sql(t.home, age);
  expect((await other.act('run_command', { command: 'echo well > b' })).outcome).toBe('succeeded');
  expect((await t.act('run_command', { command: 'echo too > b' })).outcome).toBe('succeeded');
  expect(query(t, 'SELECT * FROM breakers')).toEqual([]);
  await t.close();
  await other.close();
});

test('a line that fails by itself and changes nothing says nothing of the root', async () => {
  const t = await testApp();
  for (let i = 0; i < 6; i++)
    expect((await t.act('run_command', { command: `exit ${i + 1}` })).error?.code).toBe('command_failed');
  await t.close();
});

test('what is undone is not held up by an open breaker', async () => {
  const t = await testApp();
  const { action_id: id } = await t.act('write_file', { path: 'a', content: 'x' });
  sql(
    t.home,
    `INSERT INTO breakers SELECT tool, 'file:${join(t.root, 'a')}',
     '{"ownState":{"value":1,"openedAt":${Date.now()},"attemptNo":1},"breakerState":5}'
     FROM (SELECT 'write_file' AS tool UNION SELECT 'rollback')`,
  );
  expect((await t.act('write_file', { path: 'a', content: 'y' })).error?.code).toBe('circuit_open');
  expect((await t.act('rollback', { id })).outcome).toBe('succeeded');
  await t.close();
});

test('a flood of refusals is counted in one record a minute and kind; the first are told in full', async () => {
  const t = await testApp();
  mkdirSync(join(t.root, 'folder'));
  const refuse = async (i: number): Promise<void> => {
    const { error } = await t.act('write_file', { path: `../out${i}`, content: 'x' });
    expect(error?.code).toBe('outside_roots');
  };
  for (let i = 0; i < 30; i++) await refuse(i);
  const told = () => auditOf(t).filter(({ event }) => event.startsWith('action.refused'));
  expect(told()).toHaveLength(10);
  expect(JSON.stringify(told()[0]?.parameters)).toContain('../out0');
  await t.close();
  expect(told()).toHaveLength(11);
  expect(told().at(-1)).toMatchObject({
    event: 'action.refused_more',
    action: 'write_file',
    error: 'outside_roots',
    detail: expect.stringMatching(/^20 more since /) as unknown,
  });
  const next = await testApp({ on: t });
  for (let i = 0; i < 12; i++)
    await next.act('write_file', { path: `../out${i}`, content: 'x' }, { client: 'other' });
  // As if it had been killed, and a minute had gone by.
  sql(t.home, 'UPDATE refusals SET since_ms = since_ms - 61000');
  writeFileSync(join(t.root, 'b'), '');
  const after = await testApp({ on: t });
  await after.ask('get_status');
  expect(told().at(-1)).toMatchObject({ event: 'action.refused_more' });
  await next.close();
  await after.close();
});
