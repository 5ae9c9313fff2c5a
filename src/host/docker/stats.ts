import type Docker from 'dockerode';
import type { Stats } from '../../core/engine.ts';

interface Counted {
  readonly op: string;
  readonly value: number;
}

/** What the engine counts, as `docker stats` works it out: memory without what only the page cache holds. */
export function statsOf(raw: Docker.ContainerStats): Stats {
  const { cpu_stats: now, precpu_stats: then, memory_stats: memory } = raw;
  const used = now.cpu_usage.total_usage - then.cpu_usage.total_usage;
  const passed = (now.system_cpu_usage ?? 0) - (then.system_cpu_usage ?? 0);
  const cores = now.online_cpus ?? 1;
  const detail = (memory.stats ?? {}) as unknown as Record<string, number>;
  const cache = detail['inactive_file'] ?? detail['total_inactive_file'] ?? 0;
  const networks = Object.values(raw.networks ?? {});
  const blocks = (raw.blkio_stats?.io_service_bytes_recursive ?? []) as readonly Counted[];
  const sum = (op: string): number =>
    blocks.filter((one) => one.op.toLowerCase() === op).reduce((total, { value }) => total + value, 0);
  return {
    cpu_percent: passed > 0 ? Math.round((used / passed) * cores * 1000) / 10 : null,
    memory_bytes: memory.usage === undefined ? null : Math.max(0, memory.usage - cache),
    memory_limit_bytes: memory.limit ?? null,
    pids: raw.pids_stats?.current ?? null,
    network_received_bytes: networks.reduce((total, one) => total + one.rx_bytes, 0),
    network_sent_bytes: networks.reduce((total, one) => total + one.tx_bytes, 0),
    block_read_bytes: sum('read'),
    block_written_bytes: sum('write'),
  };
}
