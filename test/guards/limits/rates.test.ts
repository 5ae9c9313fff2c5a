import { expect, test } from 'vitest';
import { testApp } from '../../helpers/app.ts';
import { sql } from '../../helpers/sql.ts';

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

test('the same failure five times in a row rests for a minute; another request does not', async () => {
  const t = await testApp();
  const fail = async (): Promise<string | undefined> =>
    (await t.act('run_command', { command: 'ls missing' })).error?.code;
  for (let i = 0; i < 5; i++) expect(await fail()).toBe('command_failed');
  expect(await fail()).toBe('repeated_failure');
  expect((await t.act('run_command', { command: 'ls' })).outcome).toBe('succeeded');
  sql(t.home, 'UPDATE actions SET finished_ms = finished_ms - 61000');
  expect(await fail()).toBe('command_failed');
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
