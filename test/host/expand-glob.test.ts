import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fc } from '../helpers/seeded.ts';
import { expect, test } from 'vitest';
import { expandGlob } from '../../src/host/expand-glob.ts';
import { scratch } from '../helpers/scratch.ts';

function place(): string {
  const { root } = scratch();
  mkdirSync(join(root, 'src'));
  mkdirSync(join(root, '.git'));
  for (const name of ['.env', 'a.txt', 'b', 'id_rsa', '-x', 'src/a.ts', 'src/.npmrc', '.git/config']) {
    writeFileSync(join(root, name), '');
  }
  return root;
}

/** What bash makes of a pattern, as absolute paths; the pattern itself, where nothing fits it, is no path. */
function byBash(root: string, pattern: string): string[] {
  const out = execFileSync('/bin/bash', ['--norc', '-c', `printf '%s\\0' ${pattern}`], {
    cwd: root,
    encoding: 'utf8',
  });
  return out
    .split('\0')
    .slice(0, -1)
    .map((path) => resolve(root, path))
    .filter((path) => existsSync(path));
}

/** The paths that bash would find and the expansion does not; none where it gives up. */
function missed(root: string, pattern: string): string[] {
  const found = expandGlob(root, pattern);
  return found === null ? [] : byBash(root, pattern).filter((path) => !found.includes(path));
}

test.each([
  '*',
  '.*',
  '.e*',
  '.en?',
  '.[e]nv',
  '.[!x]nv',
  '.[^x]nv',
  '.[[:alpha:]]nv',
  '.[a-f]nv',
  '*/.n*',
  '.g*/config',
  '.gi?/c*',
  'src/*',
  '**',
  '**/a.ts',
  's*c/*.ts',
  'i*_rsa',
  '?d_rsa',
  '[i]d_rsa',
  '[[:lower:]]d_rsa',
  'none*',
  '*.txt',
  './*',
  '../root/.e*',
])('no path that bash would find is missed: %s', (pattern) => {
  expect(missed(place(), pattern)).toEqual([]);
});

test('nor by patterns of any make', () => {
  const root = place();
  const part = fc.array(
    fc.constantFrom('*', '?', '.', 'e', 'n', 'v', 'a', '[a-z]', '[!a]', '[^.]', 'x', '_', 'g', 'i', 't'),
    {
      minLength: 1,
      maxLength: 5,
    },
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 2 }), (parts) => {
      const pattern = parts.map((p) => p.join('')).join('/');
      expect(missed(root, pattern)).toEqual([]);
    }),
    { numRuns: 150 },
  );
});
