import { linkSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testApp } from '../helpers/app.ts';
import { needRoot } from '../helpers/needs.ts';

test.each([
  ['write_file', { content: 'changed' }],
  ['edit_file', { edits: [{ old_text: 'as it was', new_text: 'changed' }] }],
])('%s asks before it changes a file outside the roots through a hard link', async (tool, input) => {
  const t = await testApp();
  const outside = join(t.base, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'file'), 'as it was');
  linkSync(join(outside, 'file'), join(t.root, 'link'));
  const held = await t.act(tool, { path: 'link', ...input });
  expect(held).toMatchObject({ outcome: 'held', decision: { rules: [{ id: 'other-names' }] } });
  expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('as it was');
  await t.close();
});

test.each(['echo changed > link', 'chmod 4777 link', 'touch -d @0 link'])(
  '%s asks before it changes a file outside the roots through a hard link',
  async (command) => {
    // An ordinary user's overlay splits a file with several names where its content is written: the other one stays.
    if (command.startsWith('echo')) needRoot();
    const t = await testApp();
    const outside = join(t.base, 'outside');
    writeFileSync(outside, 'as it was', { mode: 0o644 });
    linkSync(outside, join(t.root, 'link'));
    const before = statSync(outside);
    const held = await t.act('run_command', { command });
    expect(held).toMatchObject({
      outcome: 'held',
      decision: {
        rules: expect.arrayContaining([expect.objectContaining({ id: 'other-names' })]) as unknown,
      },
    });
    expect(readFileSync(outside, 'utf8')).toBe('as it was');
    expect(statSync(outside)).toMatchObject({ mode: before.mode, mtimeMs: before.mtimeMs });
    await t.close();
  },
);

test('nor is what a failed command has written there committed without a person', async () => {
  needRoot();
  const t = await testApp();
  writeFileSync(join(t.base, 'outside'), 'as it was');
  linkSync(join(t.base, 'outside'), join(t.root, 'link'));
  const failed = await t.act('run_command', { command: 'echo changed > link; false' });
  const held = await t.act('commit_stage', { id: failed.action_id });
  expect(held).toMatchObject({ outcome: 'held', decision: { rules: [{ id: 'other-names' }] } });
  await t.close();
});

test('what is written to one name in the roots is shown and judged as written to each', async () => {
  needRoot();
  const t = await testApp();
  writeFileSync(join(t.root, '.mcp.json'), '{}');
  writeFileSync(join(t.root, 'plain'), 'plain');
  expect((await t.act('run_command', { command: 'ln .mcp.json other; ln plain twin' })).outcome).toBe(
    'succeeded',
  );
  const free = await t.act('run_command', { command: 'echo changed > twin' });
  expect(free.outcome).toBe('succeeded');
  expect(free.effects?.changes.map(({ path }) => path)).toContain(join(t.root, 'plain'));
  const held = await t.act('run_command', { command: 'echo changed > other' });
  expect(held).toMatchObject({ outcome: 'held', risk: { level: 'CRITICAL' } });
  expect(held.effects?.changes.map(({ path }) => path)).toContain(join(t.root, '.mcp.json'));
  expect(readFileSync(join(t.root, '.mcp.json'), 'utf8')).toBe('{}');
  await t.close();
});
