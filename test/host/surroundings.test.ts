import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
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
