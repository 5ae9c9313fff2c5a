import { expect, test } from 'vitest';
import { type Level, rank } from '../../src/core/risk.ts';
import { assess } from '../helpers/assess.ts';
import { dice } from '../helpers/dice.ts';
import { SEED } from '../helpers/seeded.ts';
import { mutated } from './mutations.ts';
import { isWhole, variantOf } from './relations.ts';
import { SEED_LINES } from './seed-lines.ts';

/** Other lines: `SEED=7 FUZZ_LINES=1000000 npx vitest run test/fuzz/mutated`. */
const LINES = Number(process.env['FUZZ_LINES'] ?? 100_000);
/** Far more than any line takes, so that only a hang, and not a busy machine, is one. */
const SLOW_MS = 1000;
const SHOWN = 30;

interface Judged {
  readonly level: Level | null;
  readonly problem: string | null;
}

function judged(line: string): Judged {
  const started = performance.now();
  try {
    const { level } = assess(line);
    const took = performance.now() - started;
    return { level, problem: took > SLOW_MS ? `took ${Math.round(took)} ms` : null };
  } catch (error) {
    return { level: null, problem: `threw ${String(error)}` };
  }
}

const list = (found: readonly string[]): string =>
  [`${found.length} with SEED=${SEED} FUZZ_LINES=${LINES}`, ...found.slice(0, SHOWN)].join('\n');

test('the seed lines are whole and differ', () => {
  expect(new Set(SEED_LINES).size).toBe(SEED_LINES.length);
  expect(SEED_LINES.length).toBeGreaterThanOrEqual(150);
});

test('mutated lines neither break nor fool the assessor', { timeout: 900_000 }, () => {
  const broken: string[] = [];
  const fell: string[] = [];
  let compared = 0;
  for (let index = 0; index < LINES; index++) {
    const d = dice(Math.imul(SEED, 0x9e3779b1) ^ index);
    const line = mutated(d);
    const { level, problem } = judged(line);
    if (problem !== null) broken.push(`#${index} ${problem}: ${JSON.stringify(line).slice(0, 400)}`);
    if (level === null || !isWhole(line)) continue;
    const variant = variantOf(line, d);
    const after = judged(variant.text);
    compared++;
    if (after.problem !== null)
      broken.push(`#${index} ${after.problem}: ${JSON.stringify(variant.text).slice(0, 400)}`);
    if (after.level === null) continue;
    const least = variant.dangerous ? Math.max(rank(level), rank('HIGH')) : rank(level);
    if (rank(after.level) < least)
      fell.push(
        `#${index} ${variant.how}: ${level} to ${after.level}\n    ${JSON.stringify(line)}\n    ${JSON.stringify(variant.text)}`,
      );
  }
  process.stdout.write(
    `SEED=${SEED}: ${LINES} mutated lines, ${compared} compared with a variant, ${fell.length} fell\n`,
  );
  expect(broken.length, list(broken)).toBe(0);
  expect(compared).toBeGreaterThan(LINES * 0.3);
  expect(fell.length, list(fell)).toBe(0);
});
