import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testApp } from '../helpers/app.ts';

test('an approved command that has come to touch a secret is asked about anew', async () => {
  const t = await testApp({ rung: 'snapshot' });
  writeFileSync(join(t.root, 'note.txt'), '');
  const held = await t.act('run_command', { command: 'cat note*; unknown-program' });
  expect(held).toMatchObject({ outcome: 'held' });
  const id = held.action_id ?? '';
  await t.approve(id);
  writeFileSync(join(t.root, 'note.pem'), 'secret');
  const { result } = await t.ask('wait_for_approval', { action_id: id, wait_seconds: 5 });
  expect(result).toMatchObject({ report: { outcome: 'held' } });
  expect((await t.app.operator()).show(id).text).toContain('secrets');
  await t.close();
});
