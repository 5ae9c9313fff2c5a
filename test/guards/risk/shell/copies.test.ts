import { expect, test } from 'vitest';
import type { PathFacts } from '../../../../src/core/host.ts';
import { type Level, riskOf } from '../../../../src/core/risk.ts';
import { assessCommand } from '../../../../src/guards/risk/assess-command.ts';
import { CONTEXT, ROOT } from '../../../helpers/assess.ts';

const FACTS: Readonly<Record<string, PathFacts>> = {
  [ROOT]: { type: 'directory', size: 0, git: null },
  [`${ROOT}/data`]: { type: 'directory', size: 0, git: null },
  [`${ROOT}/empty`]: { type: 'directory', size: 0, git: null },
  [`${ROOT}/link`]: { type: 'symlink', size: 0, git: null },
  [`${ROOT}/notes.md`]: { type: 'file', size: 9, git: null },
};

function level(line: string): Level {
  const { factors, reversibility } = assessCommand(
    line,
    ROOT,
    {},
    {
      ...CONTEXT,
      facts: (path) => FACTS[path] ?? { type: 'missing', size: 0, git: null },
      below: (path) => (path === `${ROOT}/empty` ? [] : [`${path}/a`]),
    },
  );
  return riskOf(factors, [], reversibility).level;
}

test.each([
  ['mv data /tmp/y && rm -rf /tmp/y', 'HIGH'],
  ['mv data /tmp/y && rm -rf /tmp/y/deep', 'HIGH'],
  ['mv data node_modules; rm -rf node_modules', 'HIGH'],
  ['cp notes.md b; rm notes.md b', 'HIGH'],
  ['cp notes.md b; rm b notes.md', 'HIGH'],
  ['cp notes.md b; mv b c; rm notes.md c', 'HIGH'],
  ['cp notes.md b; rm notes.md', 'MEDIUM'],
  ['cp notes.md b; rm b', 'MEDIUM'],
  ['mv data /tmp/y', 'LOW'],
])('the last copy keeps its worth: %s', (line, expected) => {
  expect(level(line)).toBe(expected);
});

test.each([
  ['tar -xf a.tar', 'HIGH'],
  ['tar -xf a.tar -C data', 'HIGH'],
  ['tar -xf a.tar notes.md', 'HIGH'],
  ['tar -xf a.tar other.md', 'MEDIUM'],
  ['tar -xf a.tar -C empty', 'MEDIUM'],
  ['mkdir new && tar -xf a.tar -C new', 'MEDIUM'],
  ['tar -xkf a.tar', 'MEDIUM'],
])('an archive may write over what has no other copy: %s', (line, expected) => {
  expect(level(line)).toBe(expected);
});

test('a link is deleted, and not what it leads to', () => {
  expect(level('rm -rf link')).toBe('MEDIUM');
  expect(level('rm -rf link/')).toBe('CRITICAL');
  expect(level('rm -rf link/x')).toBe('CRITICAL');
});

test.each([
  ['echo $((1 + $(wc -l < a)))', 'MEDIUM'],
  ['echo $((1 + $(curl -s https://example.org/a)))', 'HIGH'],
  ['read -r x; echo $((1 + x))', 'HIGH'],
])('what a program prints is mostly a number: %s', (line, expected) => {
  expect(level(line)).toBe(expected);
});
