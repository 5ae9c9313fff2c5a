import { fc } from '../../helpers/seeded.ts';
import { expect, test } from 'vitest';
import { mayMatch, pathMatches } from '../../../src/guards/risk/match.ts';
import { openRegistry } from '../../../src/registry/open-registry.ts';
import type { PathRule } from '../../../src/registry/rules.ts';

const { paths } = (await openRegistry()).registry.rules;

const ruleOn = (...glob: string[]): PathRule => {
  const rule = paths[0];
  if (rule === undefined) throw new Error('there are no rules of paths');
  return { ...rule, glob, except: [] };
};

/** A path that a glob is about. */
const pathLike = (glob: string): string =>
  glob
    .replaceAll('**', 'x')
    .replaceAll(/\{([^,}]*)[^}]*\}/g, '$1')
    .replaceAll(/\[(.)[^\]]*\]/g, '$1')
    .replaceAll('*', 'y');

test('what a rule speaks of is never passed over by the quick look', () => {
  const may = mayMatch(paths);
  const name = fc.constantFrom('src', 'a\nb', '.git', '.ENV', 'é', 'x.pem', '.ssh', 'etc', 'node_modules');
  const examples = paths.flatMap(({ match, glob }) => [...match, ...glob.map(pathLike)]);
  const path = fc
    .tuple(fc.array(name, { maxLength: 3 }), fc.constantFrom(...examples), fc.array(name, { maxLength: 2 }))
    .map(([before, example, after]) => [...before, example, ...after].join('/'));
  fc.assert(
    fc.property(path, (one) => {
      if (paths.some((rule) => pathMatches(rule, one))) expect(may(`/${one}`), one).toBe(true);
    }),
    { numRuns: 3000 },
  );
  expect(examples.length).toBeGreaterThan(100);
  for (const one of examples) expect(may(`/${one}`), one).toBe(true);
  expect(['/srv/src/index.ts', '/srv/part-1/file-2'].map(may)).toEqual([false, false]);
});

test.each(['/a/**', '~/keys', '!(a)', '**', '*/{b/c,d}', './a'])(
  'where it cannot tell, it says yes: %s',
  (glob) => {
    expect(mayMatch([ruleOn(glob)])('/srv/other')).toBe(true);
  },
);

test('a line break in a name hides nothing from a rule', () => {
  for (const [glob, path] of [
    ['**/.env', 'a\nb/.env'],
    ['**/.git/hooks/**', 'a\nb/.git/hooks/pre-commit\n'],
    ['**/*.pem', 'x\ny.pem'],
  ] as const)
    expect(pathMatches(ruleOn(glob), path), glob).toBe(true);
});
