import { beforeAll, expect, test } from 'vitest';
import { SEED } from '../helpers/seeded.ts';
import { type Case, isFalseAlarm, isIdle, isMissed, summary, told } from './compare.ts';
import { runLines } from './run.ts';
import { describeInSandbox } from './sandbox/describe.ts';

/** Another row of lines: `SEED=7 LINES=20000`; one line again: `FIRST=417 LINES=1`; more failures shown: `SHOW=1000`. */
const FIRST = Number(process.env['FIRST'] ?? 0);
const LINES = Number(process.env['LINES'] ?? 3000);
const SHOWN = Number(process.env['SHOW'] ?? 40);

describeInSandbox('the assessor against what lines really do', () => {
  let cases: Case[] = [];
  const note = `SEED=${SEED} FIRST=${FIRST} LINES=${LINES}`;

  const list = (found: readonly Case[]): string =>
    [
      `${found.length} with ${note}`,
      ...found.slice(0, SHOWN).map(told),
      ...(found.length > SHOWN ? [`and ${found.length - SHOWN} more`] : []),
    ].join('\n');

  beforeAll(async () => {
    cases = await runLines(SEED, FIRST, LINES);
    process.stdout.write(`${note}\n${summary(cases)}\n`);
  }, 1_800_000);

  test('most of the dangerous lines do what they are for', () => {
    const dangerous = cases.filter(({ line }) => line.kind === 'dangerous');
    const idle = dangerous.filter(isIdle);
    expect(idle.length, list(idle)).toBeLessThanOrEqual(dangerous.length * 0.15);
  });

  test('no line does more than it is said to risk', () => {
    const missed = cases.filter(isMissed);
    expect(missed.length, list(missed)).toBe(0);
  });

  test('harmless lines are left alone', () => {
    const alarms = cases.filter(isFalseAlarm);
    const harmless = cases.filter((one) => one.line.kind === 'harmless' && isIdle(one));
    expect(alarms.length, list(alarms)).toBeLessThanOrEqual(harmless.length * 0.02);
  });
});
