import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testApp } from '../helpers/app.ts';

test('edits that multiply a text are refused before they are built', async () => {
  const t = await testApp();
  writeFileSync(join(t.root, 'small'), 'a'.repeat(1000));
  const one = { old_text: 'a', new_text: 'a'.repeat(100), replace_all: true };
  const report = await t.act('edit_file', { path: 'small', edits: [one, one, one, one], dry_run: true });
  expect(report.error).toMatchObject({ code: 'too_large' });
  await t.close();
});
