import { expect, test } from 'vitest';
import { percentile, seriesOf, spark } from '../../../src/tools/metrics/series.ts';

const at = (values: readonly number[]): { at_ms: number; value: number }[] =>
  values.map((value, n) => ({ at_ms: n * 10, value }));

test('percentiles are values that were there, by nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, n) => n + 1);
  expect([50, 95, 99, 100].map((percent) => percentile(hundred, percent))).toEqual([50, 95, 99, 100]);
  expect([0, 50, 99].map((percent) => percentile([7], percent))).toEqual([7, 7, 7]);
  expect(percentile([1, 9], 50)).toBe(1);
});

test('a spark line rises with its values, and is blank where there are none', () => {
  const rising = spark(at(Array.from({ length: 32 }, (_, n) => n)), 0, 320);
  expect(rising).toHaveLength(32);
  expect(rising[0]).toBe('▁');
  expect(rising.at(-1)).toBe('█');
  expect(rising.split('').toSorted().join('')).toBe(rising);
  expect(spark(at([0, 0]), 0, 20)).toBe(`▁${' '.repeat(15)}▁${' '.repeat(15)}`);
  expect(spark([{ at_ms: 999, value: 5 }], 0, 10)).toBe(`${' '.repeat(31)}█`);
  expect(spark([], 0, 10)).toBe(' '.repeat(32));
});

test('a series says how many it is of, its ends and its middle; none says nothing', () => {
  expect(seriesOf('host', 'load_1', at([3, 1, 2]), 0, 30)).toMatchObject({
    of: 'host',
    metric: 'load_1',
    samples: 3,
    min: 1,
    p50: 2,
    p99: 3,
    max: 3,
  });
  expect(seriesOf('host', 'load_1', [], 0, 30)).toBeNull();
});
