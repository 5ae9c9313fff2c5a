import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testApp } from '../helpers/app.ts';

test('files written at once into a folder that is missing all arrive', async () => {
  const t = await testApp();
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const reports = await Promise.all(
    names.map(async (name) => t.act('write_file', { path: `new/folder/${name}`, content: name })),
  );
  expect(reports.map((report) => report.error)).toEqual(names.map(() => null));
  // Whoever came first held the folders that it was about to make, so that no other could make them meanwhile.
  const leased = reports.flatMap((report) => report.risk?.resources ?? []);
  expect(leased).toContain(`file:${join(t.root, 'new')}`);
  expect(leased).toContain(`file:${join(t.root, 'new/folder')}`);
  expect(readdirSync(join(t.root, 'new/folder')).toSorted()).toEqual(names);
  await t.close();
});
