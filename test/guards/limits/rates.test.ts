import { expect, test } from 'vitest';
import { testApp } from '../../helpers/app.ts';
import { sql } from '../../helpers/sql.ts';
import { auditOf } from '../../helpers/state.ts';

test('an agent that asks too often is refused; another one is not', async () => {
  const t = await testApp({ config: 'limits: { actions_per_minute: 2 }\n' });
  for (let i = 0; i < 2; i++)
    expect((await t.act('write_file', { path: 'a', content: `${i}` })).outcome).toBe('succeeded');
  expect((await t.act('write_file', { path: 'a', content: 'x' })).error?.code).toBe('rate_limited');
  expect((await t.act('write_file', { path: 'a', content: 'y' }, { client: 'other' })).outcome).toBe(
    'succeeded',
  );
  sql(t.home, 'UPDATE actions SET created_ms = created_ms - 61000');
  expect((await t.act('write_file', { path: 'a', content: 'z' })).outcome).toBe('succeeded');
  await t.close();
});

test('the same failure three times in a row is refused for some minutes, with what it was', async () => {
  const t = await testApp();
  const fail = async (reason?: string) =>
    (await t.act('run_command', { command: 'ls missing', ...(reason === undefined ? {} : { reason }) }))
      .error;
  for (let i = 0; i < 3; i++) expect((await fail())?.code).toBe('command_failed');
  // Another reason makes no other action of it.
  const refused = await fail('this time it will work');
  expect(refused?.code).toBe('repeated_failure');
  expect(refused?.message).toContain('command_failed');
  expect(refused?.next).toMatch(/in \d+ seconds/);
  expect((await t.act('run_command', { command: 'ls missing', dry_run: true })).error?.code).not.toBe(
    'repeated_failure',
  );
  expect((await t.act('run_command', { command: 'ls' })).outcome).toBe('succeeded');
  sql(t.home, 'UPDATE actions SET finished_ms = finished_ms - 301000');
  expect((await fail())?.code).toBe('command_failed');
  await t.close();
});

test('a success in between, or another failure, begins the count anew', async () => {
  const t = await testApp();
  const list = async () => (await t.act('run_command', { command: 'ls now' })).outcome;
  for (let i = 0; i < 2; i++) expect(await list()).toBe('failed');
  await t.act('write_file', { path: 'now', content: 'x' });
  expect(await list()).toBe('succeeded');
  await t.act('delete_file', { path: 'now' });
  for (let i = 0; i < 3; i++) expect(await list()).toBe('failed');
  expect(await list()).toBe('denied');
  await t.close();
});

test('more at once than allowed are refused', async () => {
  const t = await testApp({ config: 'limits: { concurrent_actions: 1 }\n' });
  const running = t.act('run_command', { command: 'sleep 2; true' });
  await expect
    .poll(async () => (await t.ask('get_status')).result?.['running_actions' as never], { timeout: 5000 })
    .toBe(1);
  expect((await t.act('write_file', { path: 'a', content: 'x' })).error?.code).toBe('too_many_running');
  expect((await running).outcome).toBe('succeeded');
  await t.close();
});

test('a flood of queries is refused, and leaves one record of the first', async () => {
  const t = await testApp({ config: 'limits: { queries_per_minute: 5 }\n' });
  const outcomes: string[] = [];
  for (let i = 0; i < 40; i++) outcomes.push((await t.ask('list_files', { path: '.' })).outcome);
  expect(outcomes).toEqual([...Array(5).fill('succeeded'), ...Array(35).fill('denied')]);
  // The status is not recorded, and another agent has a count of its own.
  expect((await t.ask('get_status')).outcome).toBe('succeeded');
  expect((await t.ask('list_files', { path: '.' }, { client: 'other' })).outcome).toBe('succeeded');
  await t.close();
  const told = auditOf(t).filter(({ event, agent }) => event === 'query' && agent.startsWith('test/'));
  expect(told.map(({ error }) => error)).toEqual([...Array(5).fill(null), 'rate_limited']);
});
