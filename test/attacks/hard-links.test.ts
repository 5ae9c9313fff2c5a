import { linkSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testApp } from '../helpers/app.ts';

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
