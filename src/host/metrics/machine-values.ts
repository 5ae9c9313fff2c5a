import { statfsSync } from 'node:fs';
import type { DiskUse, Values } from '../../core/metrics.ts';
import { numberAfter, readSmall } from './read-small.ts';

/** Ticks of a second in `/proc/stat`: 100 on every Linux that there is. */
const TICKS = 100;
const KIB = 1024;
const SECTOR = 512;
const MICRO = 1e-6;

/** What the kernel counts of the machine, from `/proc` (proc(5)); empty where there is none. */
export function machineValues(proc = '/proc'): Values {
  const memory = readSmall(`${proc}/meminfo`);
  const kib = (name: string): number => (numberAfter(memory?.replaceAll(':', '') ?? null, name) ?? 0) * KIB;
  const cpu = readSmall(`${proc}/stat`);
  if (memory === null || cpu === null) return {};
  const [user = 0, nice = 0, system = 0, , iowait = 0, irq = 0, soft = 0, steal = 0] = cpu
    .slice(0, cpu.indexOf('\n'))
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const [load1 = 0, load5 = 0, load15 = 0] = (readSmall(`${proc}/loadavg`) ?? '').split(' ').map(Number);
  const [received, sent] = traffic(readSmall(`${proc}/net/dev`) ?? '');
  const [read, written] = disks(readSmall(`${proc}/diskstats`) ?? '');
  return {
    cpu_seconds_total: (user + nice + system + irq + soft + steal) / TICKS,
    iowait_seconds_total: iowait / TICKS,
    load1,
    load5,
    load15,
    memory_bytes: kib('MemTotal'),
    memory_used_bytes: kib('MemTotal') - kib('MemAvailable'),
    swap_used_bytes: kib('SwapTotal') - kib('SwapFree'),
    network_received_bytes_total: received,
    network_sent_bytes_total: sent,
    disk_read_bytes_total: read,
    disk_written_bytes_total: written,
    ...pressure(proc, 'cpu'),
    ...pressure(proc, 'memory'),
    ...pressure(proc, 'io'),
  };
}

/** https://docs.kernel.org/accounting/psi.html; not every kernel has it. */
function pressure(proc: string, of: string): Values {
  const total = /^some .*total=(\d+)/m.exec(readSmall(`${proc}/pressure/${of}`) ?? '')?.[1];
  return total === undefined ? {} : { [`pressure_${of}_seconds_total`]: Number(total) * MICRO };
}

/** Cards alone: what goes through a bridge or the end of a tunnel is counted at the card again. */
function traffic(text: string): [received: number, sent: number] {
  let [received, sent] = [0, 0];
  for (const line of text.split('\n')) {
    const [name = '', numbers] = line.split(':');
    if (numbers === undefined || /^\s*(lo|br-|docker|veth|ifb|virbr|tun|tap|cni|flannel|cali)/.test(name))
      continue;
    const fields = numbers.trim().split(/\s+/).map(Number);
    received += fields[0] ?? 0;
    sent += fields[8] ?? 0;
  }
  return [received, sent];
}

/** Whole disks alone: their parts, and what is laid over them, would count twice. */
function disks(text: string): [read: number, written: number] {
  let [read, written] = [0, 0];
  for (const [, sectorsRead, sectorsWritten] of text.matchAll(
    /^ *\d+ +\d+ (?:[shv]d[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+) \d+ \d+ (\d+) \d+ \d+ \d+ (\d+) /gm,
  )) {
    read += Number(sectorsRead) * SECTOR;
    written += Number(sectorsWritten) * SECTOR;
  }
  return [read, written];
}

const MOST_DISKS = 32;

/** The file systems that lie on disks, and the one at `/`; each once, wherever else it is mounted. */
export function diskUse(proc = '/proc'): DiskUse[] {
  const mounts = (readSmall(`${proc}/self/mounts`) ?? '').split('\n').map((line) => line.split(' '));
  const root = mounts.find(([, path]) => path === '/')?.[0] ?? '/';
  const found = new Map([[root, '/']]);
  for (const [device = '', path = ''] of mounts)
    if (device.startsWith('/dev/') && !found.has(device)) found.set(device, path.replaceAll('\\040', ' '));
  return [...found.values()].slice(0, MOST_DISKS).flatMap(useOf);
}

function useOf(path: string): DiskUse[] {
  try {
    const { blocks, bavail, bfree, bsize, files, ffree } = statfsSync(path);
    if (blocks === 0) return [];
    const used = blocks - bfree;
    return [
      {
        path,
        size_bytes: blocks * bsize,
        free_bytes: bavail * bsize,
        used_percent: Math.min(100, Math.ceil((100 * used) / Math.max(1, used + bavail))),
        inodes_used_percent: files > 0 ? Math.ceil((100 * (files - ffree)) / files) : null,
      },
    ];
  } catch {
    return [];
  }
}
