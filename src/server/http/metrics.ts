import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import {
  CONTAINER_METRICS,
  HOST_METRICS,
  type Metric,
  type Monitor,
  type Values,
} from '../../core/metrics.ts';

/** More containers than that are not told one by one: each is a label of its own. */
const MOST_CONTAINERS = 500;

/** The page for Prometheus, and what the process counts of itself from its start on. */
export function metricsPage(
  monitor: Monitor,
  version: string,
): () => Promise<{ type: string; body: string }> {
  const own = new Registry();
  collectDefaultMetrics({ register: own });
  // They go up and down, and their names say that they do not.
  for (const what of ['handles', 'requests', 'resources'])
    own.removeSingleMetric(`nodejs_active_${what}_total`);
  const info = {
    name: 'homeostat_build_info',
    help: 'The version that runs',
    labelNames: ['version'] as const,
  };
  new Gauge({ ...info, registers: [own] }).set({ version }, 1);
  return async () => {
    const fresh = new Registry();
    const [{ sweep, running, reached }, counts] = await Promise.all([monitor.sweep(), monitor.counts()]);
    tell('homeostat_host_', HOST_METRICS, [[{}, sweep.host]], [], fresh);
    const containers = [...sweep.containers].slice(0, MOST_CONTAINERS);
    const labelled = containers.map(([container, values]): [Labels, Values] => [{ container }, values]);
    tell('homeostat_container_', CONTAINER_METRICS, labelled, ['container'], fresh);
    const number = (name: string, help: string, labelNames: string[] = []): Gauge =>
      new Gauge({ name: `homeostat_${name}`, help, labelNames, registers: [fresh] });
    const healthy = number('container_healthy', 'Whether its probe finds it well', ['container']);
    for (const { name, health } of running.slice(0, MOST_CONTAINERS))
      if (health !== null) healthy.set({ container: name }, health === 'healthy' ? 1 : 0);
    number('engine_up', 'Whether the container engine answers').set(reached ? 1 : 0);
    // Of an engine that does not answer nobody can say that none run.
    if (reached) number('containers', 'Containers that run').set(running.length);
    const size = number('filesystem_size_bytes', 'What the file system can hold', ['mountpoint']);
    const free = number('filesystem_free_bytes', 'What of it may still be taken', ['mountpoint']);
    const inodes = number('filesystem_inodes_used_ratio', 'Part of its inodes that is taken', ['mountpoint']);
    for (const { path: mountpoint, size_bytes, free_bytes, inodes_used_percent } of sweep.disks) {
      size.set({ mountpoint }, size_bytes);
      free.set({ mountpoint }, free_bytes);
      if (inodes_used_percent !== null) inodes.set({ mountpoint }, inodes_used_percent / 100);
    }
    number('ready', 'Whether calls can be served').set(monitor.ready() ? 1 : 0);
    number('stopped', 'Whether the emergency stop is pulled').set(counts.stopped ? 1 : 0);
    number('approvals_pending', 'Actions that wait for a person').set(counts.pending);
    const calls = new Counter({
      name: 'homeostat_calls_total',
      help: 'Calls of tools, by all processes on this state, since this one was started',
      labelNames: ['tool', 'outcome'],
      registers: [fresh],
    });
    for (const { tool, outcome, count } of counts.calls) calls.inc({ tool, outcome }, count);
    const seconds = new Counter({
      name: 'homeostat_call_duration_seconds_total',
      help: 'Time that calls took, over the same',
      labelNames: ['tool'],
      registers: [fresh],
    });
    for (const { tool, seconds: spent } of counts.durations) seconds.inc({ tool }, spent);
    const words = new Counter({
      name: 'homeostat_approvals_total',
      help: 'What became of approvals, over the same',
      labelNames: ['word'],
      registers: [fresh],
    });
    for (const { word, count } of counts.approvals) words.inc({ word }, count);
    const rollbacks = new Counter({
      name: 'homeostat_rollbacks_total',
      help: 'Actions that were taken back, over the same',
      registers: [fresh],
    });
    rollbacks.inc(counts.rollbacks);
    return { type: own.contentType, body: `${await own.metrics()}${await fresh.metrics()}` };
  };
}

type Labels = Record<string, string>;

/** One line for each number and each thing that it is of. */
function tell(
  prefix: string,
  table: Readonly<Record<string, Metric>>,
  rows: readonly (readonly [Labels, Values])[],
  labelNames: string[],
  register: Registry,
): void {
  for (const [name, { help }] of Object.entries(table)) {
    const options = { name: prefix + name, help, labelNames, registers: [register] };
    const grows = name.endsWith('_total') ? new Counter(options) : null;
    const gauge = grows === null ? new Gauge(options) : null;
    for (const [labels, values] of rows) {
      const value = values[name];
      if (value === undefined) continue;
      grows?.inc(labels, value);
      gauge?.set(labels, value);
    }
  }
}
