import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeActionFolders } from '../../src/store/action-folders.ts';
import { testApp } from '../helpers/app.ts';
import { eventually } from '../helpers/processes.ts';
import { scratch } from '../helpers/scratch.ts';

/** Folders in one another, far deeper than the system takes as one path. */
const DEEP = `python3 -c "
import os
for i in range(100): os.mkdir('d' * 200); os.chdir('d' * 200)
open('file', 'w').close()
"`;

test('folders deeper than a path can be are refused, and nothing of them stays', async () => {
  const t = await testApp();
  const report = await t.act('run_command', { command: DEEP });
  expect(report.error?.code).toBe('too_large');
  expect(readdirSync(t.root)).toEqual([]);
  await eventually(() => readdirSync(join(t.home, 'stages')).length === 0, 'its stage is removed');
  const next = await t.act('run_command', { command: 'echo x > x' });
  expect(next.outcome).toBe('succeeded');
  await t.close();
});

test('a sweep removes them too', async () => {
  const { base } = scratch();
  const folder = join(base, '0123456789');
  mkdirSync(folder);
  execFileSync('bash', ['-c', DEEP], { cwd: folder });
  await removeActionFolders('0123456789', [base]);
  expect(readdirSync(base)).not.toContain('0123456789');
});
