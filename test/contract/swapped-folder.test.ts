import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openFiles } from '../../src/host/files.ts';
import { openObjects } from '../../src/store/objects.ts';
import { scratch } from '../helpers/scratch.ts';

/** A folder that becomes a link after a path was resolved must not lead what looks next out of the root. */
test('no state is taken, and no content kept, through a folder that is a link', async () => {
  const { base, root } = scratch();
  for (const folder of ['outside', 'objects']) mkdirSync(join(base, folder));
  writeFileSync(join(base, 'outside', 'secret'), 'secret');
  symlinkSync(join(base, 'outside'), join(root, 'folder'));
  const files = openFiles(
    { roots: [root], cwd: root },
    {
      objects: openObjects(join(base, 'objects')),
      cacheFolder: join(base, 'scans'),
      limits: { files: 100, bytes: 100_000 },
    },
  );
  const path = join(root, 'folder', 'secret');
  expect(await files.state(path, true)).toBeNull();
  expect(readdirSync(join(base, 'objects'))).toEqual([]);
  expect(await files.state(join(root, 'folder'))).toMatchObject({ type: 'symlink' });
  expect(await files.state(root)).toMatchObject({ type: 'directory' });
});
