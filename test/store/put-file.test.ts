import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openObjects } from '../../src/store/objects.ts';
import { scratch } from '../helpers/scratch.ts';

const SMALL = 1 << 16;
const CHUNK = 1 << 20;

test.each([0, 1, SMALL - 1, SMALL, SMALL + 1, CHUNK, 2 * CHUNK + 1])(
  'a file of %i bytes is kept under its digest, once',
  async (size) => {
    const { root, home } = scratch();
    mkdirSync(home);
    const objects = openObjects(home);
    const content = randomBytes(size);
    const path = join(root, 'file');
    writeFileSync(path, content);
    const digest = createHash('sha256').update(content).digest('hex');

    expect(await objects.putFile(path)).toEqual({ digest, size });
    expect(await objects.putFile(path)).toEqual({ digest, size });
    expect(await objects.put(content)).toBe(digest);

    expect((await objects.get(digest)).equals(content)).toBe(true);
    expect(readdirSync(home)).toEqual([digest.slice(0, 2)]);
    expect(readdirSync(join(home, digest.slice(0, 2)))).toEqual([digest.slice(2)]);
  },
);

test('files of one scan do not get each other’s content', async () => {
  const { root, home } = scratch();
  mkdirSync(home);
  const objects = openObjects(home);
  const texts = Array.from({ length: 20 }, (_, n) => 'x'.repeat(n * 10) + String(n));
  texts.forEach((text, n) => writeFileSync(join(root, String(n)), text));
  const kept = await Promise.all(texts.map(async (_, n) => objects.putFile(join(root, String(n)))));
  for (const [n, { digest }] of kept.entries()) expect((await objects.get(digest)).toString()).toBe(texts[n]);
});

test('a link is not followed', async () => {
  const { root, home } = scratch();
  mkdirSync(home);
  writeFileSync(join(root, 'target'), 'secret');
  symlinkSync(join(root, 'target'), join(root, 'link'));
  await expect(openObjects(home).putFile(join(root, 'link'))).rejects.toMatchObject({ code: 'ELOOP' });
  expect(readdirSync(home)).toEqual([]);
});
