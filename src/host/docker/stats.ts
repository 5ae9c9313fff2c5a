import type Docker from 'dockerode';
import type { Stats } from '../../core/engine.ts';
import type { Values } from '../../core/metrics.ts';

interface Counted {
  readonly op: string;
  readonly value: number;
}

const NANO = 1e-9;

/** What the engine counts of a container, by the names under which the kernel's own files are read. */
export function countedOf(raw: Docker.ContainerStats): Values {
  const { cpu_stats: cpu, memory_stats: memory } = raw;
  const used = memoryOf(raw);
  const pids = raw.pids_stats?.current;
  return {
    cpu_seconds_total: cpu.cpu_usage.total_usage * NANO,
    throttled_seconds_total: (cpu.throttling_data?.throttled_time ?? 0) * NANO,
    ...(used === null ? {} : { memory_bytes: used }),
    ...(memory.limit === undefined ? {} : { memory_limit_bytes: memory.limit }),
    ...(pids === undefined ? {} : { pids }),
    read_bytes_total: blocksOf(raw, 'read'),
    written_bytes_total: blocksOf(raw, 'write'),
  };
}

/** Without what only the page cache holds; null where it is not told. */
function memoryOf({ memory_stats: memory }: Docker.ContainerStats): number | null {
  const detail = (memory.stats ?? {}) as unknown as Record<string, number>;
  const cache = detail['inactive_file'] ?? detail['total_inactive_file'] ?? 0;
  return memory.usage === undefined ? null : Math.max(0, memory.usage - cache);
}

function blocksOf(raw: Docker.ContainerStats, op: string): number {
  const blocks = (raw.blkio_stats?.io_service_bytes_recursive ?? []) as readonly Counted[];
  return blocks.filter((one) => one.op.toLowerCase() === op).reduce((sum, { value }) => sum + value, 0);
}

/** What the engine counts, as `docker stats` works it out. */
export function statsOf(raw: Docker.ContainerStats): Stats {
  const { cpu_stats: now, precpu_stats: then, memory_stats: memory } = raw;
  const used = now.cpu_usage.total_usage - then.cpu_usage.total_usage;
  const passed = (now.system_cpu_usage ?? 0) - (then.system_cpu_usage ?? 0);
  const cores = now.online_cpus ?? 1;
  const networks = Object.values(raw.networks ?? {});
  return {
    cpu_percent: passed > 0 ? Math.round((used / passed) * cores * 1000) / 10 : null,
    memory_bytes: memoryOf(raw),
    memory_limit_bytes: memory.limit ?? null,
    pids: raw.pids_stats?.current ?? null,
    network_received_bytes: networks.reduce((total, one) => total + one.rx_bytes, 0),
    network_sent_bytes: networks.reduce((total, one) => total + one.tx_bytes, 0),
    block_read_bytes: blocksOf(raw, 'read'),
    block_written_bytes: blocksOf(raw, 'write'),
  };
}
