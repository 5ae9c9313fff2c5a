import * as z from 'zod';

export const seriesSchema = z.object({
  of: z.string().describe('host, a container, or a tool or agent'),
  metric: z.string(),
  samples: z.number().int(),
  min: z.number(),
  p50: z.number(),
  p95: z.number(),
  p99: z.number(),
  max: z.number(),
  spark: z.string().describe('Over the time, the oldest first'),
});
export type Series = z.infer<typeof seriesSchema>;

export interface Point {
  readonly at_ms: number;
  readonly value: number;
}

const BARS = '▁▂▃▄▅▆▇█';
const WIDTH = 32;

/** What there is to say of one number over a time; null of none. */
export function seriesOf(
  of: string,
  metric: string,
  points: readonly Point[],
  from: number,
  until: number,
): Series | null {
  if (points.length === 0) return null;
  const sorted = points.map(({ value }) => value).toSorted((a, b) => a - b);
  return {
    of,
    metric,
    samples: sorted.length,
    min: sorted[0] ?? 0,
    p50: percentile(sorted, 50),
    p95: percentile(sorted, 95),
    p99: percentile(sorted, 99),
    max: sorted.at(-1) ?? 0,
    spark: spark(points, from, until),
  };
}

/** By nearest rank, so that it is a value that was there; of sorted values, at least one. */
export const percentile = (sorted: readonly number[], percent: number): number =>
  sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0;

/** A bar for the mean of each part of the time, from 0 to the highest; a blank where nothing was put down. */
export function spark(points: readonly Point[], from: number, until: number): string {
  const parts = Array.from({ length: WIDTH }, () => ({ sum: 0, count: 0 }));
  for (const { at_ms, value } of points) {
    const at = Math.floor(((at_ms - from) / Math.max(1, until - from)) * WIDTH);
    const part = parts[Math.min(WIDTH - 1, Math.max(0, at))];
    if (part === undefined) continue;
    part.sum += value;
    part.count++;
  }
  const means = parts.map(({ sum, count }) => (count === 0 ? null : sum / count));
  const highest = Math.max(...means.map((mean) => mean ?? 0));
  return means.map((mean) => (mean === null ? ' ' : bar(mean, highest))).join('');
}

const bar = (value: number, highest: number): string =>
  BARS[
    highest <= 0 ? 0 : Math.min(BARS.length - 1, Math.floor((Math.max(0, value) / highest) * BARS.length))
  ] ?? '';
