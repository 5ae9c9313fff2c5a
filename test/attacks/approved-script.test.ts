import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testApp } from '../helpers/app.ts';

test('a script that is changed after its command was approved does not run', async () => {
  const t = await testApp({ rung: 'snapshot' });
  writeFileSync(join(t.root, 'deploy.sh'), 'touch as-approved\n');
  const held = await t.act('run_command', { command: 'bash deploy.sh' });
  expect(held.outcome).toBe('held');
  const id = held.action_id ?? '';
  await t.approve(id);
  expect((await t.act('write_file', { path: 'deploy.sh', content: 'touch as-swapped\n' })).outcome).toBe(
    'succeeded',
  );
  const { result } = await t.ask('wait_for_approval', { action_id: id, wait_seconds: 5 });
  expect(result).toMatchObject({ report: { outcome: 'held' } });
  expect(existsSync(join(t.root, 'as-swapped'))).toBe(false);

  await t.approve(id);
  const again = await t.ask('wait_for_approval', { action_id: id, wait_seconds: 5 });
  expect(again.result).toMatchObject({ report: { outcome: 'succeeded' } });
  expect(existsSync(join(t.root, 'as-swapped'))).toBe(true);
  await t.close();
});

test('a script that stays as it was runs as approved', async () => {
  const t = await testApp({ rung: 'snapshot' });
  writeFileSync(join(t.root, 'deploy.sh'), 'touch as-approved\n');
  const { action_id: id } = await t.act('run_command', { command: 'bash ./deploy.sh' });
  await t.approve(id ?? '');
  await t.act('write_file', { path: 'unrelated.txt', content: 'x' });
  const { result } = await t.ask('wait_for_approval', { action_id: id, wait_seconds: 5 });
  expect(result).toMatchObject({ report: { outcome: 'succeeded' } });
  expect(existsSync(join(t.root, 'as-approved'))).toBe(true);
  await t.close();
});
