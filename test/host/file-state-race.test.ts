import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileState } from '../../src/host/file-state.ts';
import { openObjects } from '../../src/store/objects.ts';
import { scratch } from '../helpers/scratch.ts';

test('a file that is removed between the look and the reading is not there', async () => {
  const { root, home } = scratch();
  mkdirSync(home);
  const path = join(root, 'file');
  writeFileSync(path, 'content');
  const objects = openObjects(home);
  const racing = {
    ...objects,
    async putFile(at: string) {
      rmSync(at);
      return objects.putFile(at);
    },
  };
  expect(await fileState(path, root, racing)).toBeNull();
});
