import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../src/app.ts';
import { type Level, rank } from '../src/core/risk.ts';
import { assess } from './helpers/assess.ts';

interface Contested {
  readonly cmd: string;
  readonly label: 'dangerous' | 'safe';
  readonly ours: Level;
  readonly reason: string;
}

const CONTESTED = readFileSync(join(PACKAGE_ROOT, 'bench/contested-labels.jsonl'), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Contested);

test('no label is contested twice', () => {
  expect(new Set(CONTESTED.map(({ cmd }) => cmd)).size).toBe(CONTESTED.length);
});

test.each(CONTESTED)('what we say instead of $label is still $ours: $cmd', ({ cmd, label, ours, reason }) => {
  expect(assess(cmd).level).toBe(ours);
  expect(rank(ours) >= rank('HIGH')).toBe(label === 'safe');
  expect(reason).toMatch(/^[A-Z].{20,}\.$/);
});
