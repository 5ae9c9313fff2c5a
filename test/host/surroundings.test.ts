import { fc } from '../helpers/seeded.ts';
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RealPaths } from '../../src/core/host.ts';
import { surroundings } from '../../src/host/surroundings.ts';
import { scratch } from '../helpers/scratch.ts';

const { real } = surroundings();

test('a path leads where its links lead, as far as it exists', () => {
  const { root, home } = scratch();
  mkdirSync(join(root, 'folder'));
  writeFileSync(join(root, 'folder/file'), '');
  symlinkSync('folder', join(root, 'link'));
  symlinkSync(home, join(root, 'out'));
  expect(real(join(root, 'link/file'))).toBe(join(root, 'folder/file'));
  expect(real(join(root, 'link/new/deep'))).toBe(join(root, 'folder/new/deep'));
  expect(real(join(root, 'folder/file/below'))).toBe(join(root, 'folder/file/below'));
  expect(real('/')).toBe('/');
  expect(real('/nowhere/at/all')).toBe('/nowhere/at/all');
});

test('a link to nothing leads to where a write would make something', () => {
  const { root, home } = scratch();
  symlinkSync(join(home, 'new'), join(root, 'out'));
  symlinkSync('out', join(root, 'twice'));
  expect(real(join(root, 'out'))).toBe(join(home, 'new'));
  expect(real(join(root, 'twice/below'))).toBe(join(home, 'new/below'));
});

test('links in a circle end somewhere', () => {
  const { root } = scratch();
  symlinkSync('b', join(root, 'a'));
  symlinkSync('a', join(root, 'b'));
  expect(real(join(root, 'a/x'))).toMatch(/\/[ab]\/x$/);
});

test('a path of generated links and folders leads where the kernel goes, whatever was asked before in the same look', () => {
  const names = fc.constantFrom('a', 'b', 'c', 'd');
  const target = fc.array(fc.constantFrom('a', 'b', 'c', 'd', '..', '.'), { minLength: 1, maxLength: 4 });
  const made = fc.record({
    at: fc.array(names, { minLength: 1, maxLength: 3 }),
    link: fc.option(fc.record({ up: fc.boolean(), target }), { freq: 2 }),
  });
  fc.assert(
    fc.property(
      fc.array(made, { minLength: 3, maxLength: 14 }),
      fc.array(fc.array(fc.oneof(names), { minLength: 1, maxLength: 5 }), { minLength: 5, maxLength: 12 }),
      (all, asked) => {
        const { root } = scratch();
        for (const { at, link } of all) {
          const path = join(root, ...at);
          try {
            if (link === null) mkdirSync(path, { recursive: true });
            else symlinkSync(`${link.up ? `${root}/` : ''}${link.target.join('/')}`, path);
          } catch {
            // Something of another kind stands there or above it.
          }
        }
        const known: RealPaths = new Map();
        for (const parts of asked) {
          const path = [root, ...parts].join('/');
          let kernel: string;
          try {
            kernel = realpathSync.native(path);
          } catch {
            continue;
          }
          expect(real(path, known)).toBe(kernel);
          expect(real(path)).toBe(kernel);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('links that double at each step end at once', () => {
  const { root } = scratch();
  for (let n = 0; n < 60; n++) symlinkSync(`l${n + 1}/../l${n + 1}`, join(root, `l${n}`));
  expect(real(join(root, 'l0'))).toContain(root);
});
