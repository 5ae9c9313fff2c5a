import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { testApp } from '../helpers/app.ts';

const manifest = (root: string): string =>
  execFileSync('find', [root, '-printf', '%p %y %i %m %T@ %s\n'], { encoding: 'utf8' })
    .split('\n')
    .toSorted()
    .join('\n');

test.each([
  'mv d e; chmod 700 e',
  'mv d e; chmod 700 e; echo y >> e/f',
  'chmod 600 d/f; mv d e',
  'ln d/f l; chmod 600 l; mv d e',
])('%s is undone', async (command) => {
  const t = await testApp();
  execFileSync('bash', ['-c', 'mkdir d; echo x > d/f; touch -d @7 d/f d .'], { cwd: t.root });
  const before = manifest(t.root);
  const done = await t.act('run_command', { command });
  expect(done.outcome).toBe('succeeded');
  const undone = await t.act('rollback', { id: done.action_id });
  expect(undone).toMatchObject({ outcome: 'succeeded', error: null });
  expect(manifest(t.root)).toBe(before);
  await t.close();
});
