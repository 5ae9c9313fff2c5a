import { expect, test } from 'vitest';
import { AUTONOMY } from '../../../src/core/autonomy.ts';
import { type Level, LEVELS, REVERSIBILITIES } from '../../../src/core/risk.ts';
import { byAutonomy, decide, raisedBy } from '../../../src/guards/policy/decide.ts';

/** The table of the design, cell by cell: a letter for observe, safe, supervised and full. */
const TABLE: Record<Level, Record<'reversible' | 'otherwise', string>> = {
  SAFE: { reversible: 'n y y y', otherwise: 'n y y y' },
  LOW: { reversible: 'n y y y', otherwise: 'n y y y' },
  MEDIUM: { reversible: 'n ? y y', otherwise: 'n ? ? y' },
  HIGH: { reversible: 'n ? ? y', otherwise: 'n ? ? ?' },
  CRITICAL: { reversible: 'n n ? ?', otherwise: 'n n ? ?' },
  DESTRUCTIVE: { reversible: 'n n ? ?', otherwise: 'n n ? ?' },
};
const VERDICT: Record<string, string> = { n: 'deny', y: 'allow', '?': 'ask' };

const cells = LEVELS.flatMap((level) =>
  REVERSIBILITIES.flatMap((reversibility) =>
    AUTONOMY.map((autonomy, i) => {
      const row = TABLE[level][reversibility === 'reversible' ? 'reversible' : 'otherwise'];
      return { level, reversibility, autonomy, verdict: VERDICT[row.split(' ')[i] ?? ''] };
    }),
  ),
);

test.each(cells)('$level, $reversibility, $autonomy: $verdict', ({ verdict, autonomy, ...risk }) => {
  expect(byAutonomy(risk, autonomy)).toBe(verdict);
});

const risk = (level: Level) => ({
  level,
  score: 0,
  factors: [],
  resources: [],
  reversibility: 'reversible' as const,
  effects: [],
  instead: [],
  extent: null,
});
const circumstance = (id: string, decision?: 'ask' | 'deny') => ({
  id,
  reason: `because of ${id}`,
  when: id,
  match: [],
  not_match: [],
  ...(decision === undefined ? {} : { decision }),
});

test('a circumstance tightens and never loosens', () => {
  expect(decide(risk('SAFE'), 'full', [circumstance('a', 'ask')])).toEqual({
    verdict: 'ask',
    rules: [{ id: 'a', reason: 'because of a' }],
  });
  expect(decide(risk('SAFE'), 'full', [circumstance('a', 'ask'), circumstance('b', 'deny')]).verdict).toBe(
    'deny',
  );
  expect(decide(risk('CRITICAL'), 'safe', [circumstance('a', 'ask')]).verdict).toBe('deny');
  expect(decide(risk('SAFE'), 'supervised', [circumstance('a')]).verdict).toBe('allow');
});

test('all rules that spoke for the verdict are named', () => {
  const { rules } = decide(risk('HIGH'), 'supervised', [circumstance('a', 'ask')]);
  expect(rules.map((rule) => rule.id)).toEqual(['autonomy-supervised', 'a']);
});

test('a circumstance may raise the level', () => {
  expect(raisedBy([{ ...circumstance('a'), level: 'HIGH' }, circumstance('b')])).toMatchObject([
    { level: 'HIGH' },
  ]);
});
