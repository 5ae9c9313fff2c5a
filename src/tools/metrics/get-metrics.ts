import * as z from 'zod';
import type { QueryContext } from '../../core/context.ts';
import type { ActivityRow, ContainerLook, Sample, Shown } from '../../core/metrics.ts';
import { defineQuery } from '../../core/tool.ts';
import { timeOf } from '../time.ts';
import { percentile, type Series, seriesOf, seriesSchema, spark } from './series.ts';

const DEFAULT_LIMIT = 20;
const HOUR_MS = 3_600_000;

const inputSchema = z.object({
  of: z.enum(['host', 'containers', 'activity']).optional().describe('host unless told'),
  container: z.string().optional().describe('Only this one, by its name'),
  since: z.string().optional().describe('ISO time or an age such as 1h: also over that time'),
  by: z.enum(['tool', 'agent', 'risk']).optional().describe('Of activity; tool unless told'),
  limit: z.number().int().min(1).max(200).optional().describe(`Rows; ${DEFAULT_LIMIT} unless told`),
});
type Input = z.infer<typeof inputSchema>;

const containerSchema = z.object({
  name: z.string(),
  health: z.string().nullable(),
  restarts: z.number().int().nullable(),
  now: z.record(z.string(), z.number()),
});

const activitySchema = z.object({
  key: z.string(),
  calls: z.number().int(),
  outcomes: z.record(z.string(), z.number()),
  approvals: z.record(z.string(), z.number()),
  rollbacks: z.number().int(),
  ms: z.object({ p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() }).nullable(),
  spark: z.string().describe('Calls over the time'),
});

const outputSchema = z.object({
  taken_at: z.string(),
  source: z.enum(['cgroup_v1', 'cgroup_v2', 'engine']).nullable().describe('Of containers’ numbers'),
  host: z.record(z.string(), z.number()).nullable(),
  disks: z.array(
    z.object({
      path: z.string(),
      size_bytes: z.number(),
      free_bytes: z.number(),
      used_percent: z.number(),
      inodes_used_percent: z.number().nullable(),
    }),
  ),
  containers: z.array(containerSchema),
  over_time: z.array(seriesSchema),
  activity: z.array(activitySchema),
  more: z.number().int().describe('Rows that were left out'),
  notes: z.array(z.string()),
});
type Output = z.infer<typeof outputSchema>;

const NOTHING = { source: null, host: null, disks: [], containers: [], over_time: [], activity: [], more: 0 };

export const getMetrics = defineQuery({
  name: 'get_metrics',
  title: 'Metrics',
  description:
    'CPU, memory, disk and network of the host or of containers, and what agents did. Now and over time.',
  toolset: 'metrics',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: inputSchema,
  output: outputSchema,

  async run(input, ctx) {
    const now = Date.now();
    const since = input.since === undefined ? null : timeOf(input.since, now);
    if (input.of === 'activity') return activityOf(input, since ?? now - HOUR_MS, now, ctx);
    return input.of === 'containers' || input.container !== undefined
      ? containersOf(input, since, ctx)
      : hostOf(since, ctx);
  },
});

async function hostOf(since: number | null, { monitor }: QueryContext): Promise<Output> {
  const { at_ms, host, disks } = await monitor.look();
  const samples = since === null ? [] : monitor.samples(since);
  const over_time =
    since === null ? [] : seriesFor('host', samples, ({ host: shown }) => shown, since, at_ms);
  return {
    ...NOTHING,
    taken_at: new Date(at_ms).toISOString(),
    host,
    disks: [...disks],
    over_time,
    notes: Object.keys(host).length === 0 ? ['this machine has no /proc'] : missing(since, samples),
  };
}

async function containersOf(
  { container, limit = DEFAULT_LIMIT }: Input,
  since: number | null,
  { monitor }: QueryContext,
): Promise<Output> {
  const { at_ms, source, containers, note } = await monitor.look();
  const wanted = containers
    .filter(({ name }) => container === undefined || name === container)
    .toSorted((a, b) => cpuOf(b) - cpuOf(a) || a.name.localeCompare(b.name));
  const shown = wanted.slice(0, limit);
  const samples = since === null ? [] : monitor.samples(since);
  // One that runs no more is shown over the time in which it did.
  const names = container === undefined ? shown.map(({ name }) => name) : [container];
  const over_time = names.flatMap((name) =>
    since === null
      ? []
      : seriesFor(
          name,
          samples,
          ({ containers: all }) => (Object.hasOwn(all, name) ? all[name] : undefined),
          since,
          at_ms,
        ),
  );
  const rows = shown.map(async ({ id, name, health, values }) => ({
    name,
    health,
    restarts: await monitor.restarts(id),
    now: values,
  }));
  return {
    ...NOTHING,
    taken_at: new Date(at_ms).toISOString(),
    source,
    containers: await Promise.all(rows),
    over_time,
    more: wanted.length - shown.length,
    notes: [
      ...(note === null ? [] : [note]),
      ...(container !== undefined && wanted.length === 0 && note === null
        ? [`no container ${container} runs: list_containers names them`]
        : []),
      ...missing(since, samples),
    ],
  };
}

const cpuOf = ({ values }: ContainerLook): number => values['cpu_percent'] ?? 0;

const missing = (since: number | null, samples: readonly Sample[]): string[] =>
  since !== null && samples.length === 0
    ? ['nothing was put down in that time: only `homeostat serve --http` does that']
    : [];

/** A series for each number that was put down of one thing. */
function seriesFor(
  of: string,
  samples: readonly Sample[],
  shownIn: (sample: Sample) => Shown | undefined,
  since: number,
  until: number,
): Series[] {
  const metrics = new Set(samples.flatMap((sample) => Object.keys(shownIn(sample) ?? {})));
  return [...metrics].flatMap((metric) => {
    const points = samples.flatMap((sample) => {
      const value = shownIn(sample)?.[metric];
      return value === undefined ? [] : [{ at_ms: sample.at_ms, value }];
    });
    return seriesOf(of, metric, points, since, until) ?? [];
  });
}

async function activityOf(
  { by = 'tool', limit = DEFAULT_LIMIT }: Input,
  since: number,
  until: number,
  { monitor }: QueryContext,
): Promise<Output> {
  const { rows, left_out } = await monitor.activity(by, since);
  return {
    ...NOTHING,
    taken_at: new Date(until).toISOString(),
    activity: rows.slice(0, limit).map((row) => activityRow(row, since, until)),
    more: Math.max(0, rows.length - limit),
    notes: left_out > 0 ? [`${left_out} older records of that time were not looked at`] : [],
  };
}

function activityRow(
  { durations, times, ...row }: ActivityRow,
  since: number,
  until: number,
): Output['activity'][number] {
  const sorted = durations.toSorted((a, b) => a - b);
  const part = (percent: number): number => percentile(sorted, percent);
  return {
    ...row,
    outcomes: { ...row.outcomes },
    approvals: { ...row.approvals },
    ms: sorted.length === 0 ? null : { p50: part(50), p95: part(95), p99: part(99), max: part(100) },
    spark: spark(perPart(times, since, until), since, until),
  };
}

const PARTS = 32;

/** How many calls fall into each part of the time. */
function perPart(times: readonly number[], since: number, until: number): { at_ms: number; value: number }[] {
  const width = Math.max(1, (until - since) / PARTS);
  const parts = Array.from({ length: PARTS }, (_, n) => ({ at_ms: since + n * width + width / 2, value: 0 }));
  for (const time of times) {
    const part = parts[Math.min(PARTS - 1, Math.max(0, Math.floor((time - since) / width)))];
    if (part !== undefined) part.value++;
  }
  return parts;
}
