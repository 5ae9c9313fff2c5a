import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { MetricSource, Values } from '../../core/metrics.ts';
import { numberAfter, numberIn, readSmall } from './read-small.ts';

/** Reads what the kernel counts of a container, from the files of its control group. */
export interface Cgroups {
  readonly source: Exclude<MetricSource, 'engine'>;
  /** Null where no group of that id is found. */
  read(id: string): Values | null;
}

/** The control groups of this machine; null where there are none. */
export function openCgroups(base = '/sys/fs/cgroup'): Cgroups | null {
  if (existsSync(join(base, 'cgroup.controllers')))
    return opened({
      source: 'cgroup_v2',
      one: base,
      read: (group) => readV2(join(base, group)),
      seldom: (group) =>
        present({
          memory_limit_bytes: numberIn(`${base}/${group}/memory.max`),
          oom_kills_total: numberAfter(readSmall(`${base}/${group}/memory.events`), 'oom_kill'),
        }),
    });
  const memory = join(base, 'memory');
  if (!existsSync(memory)) return null;
  return opened({
    source: 'cgroup_v1',
    one: memory,
    read: (group) => readV1(base, group),
    seldom(group) {
      const limit = numberIn(`${memory}/${group}/memory.limit_in_bytes`) ?? NO_LIMIT;
      return present({
        memory_limit_bytes: limit < NO_LIMIT ? limit : undefined,
        oom_kills_total: numberAfter(readSmall(`${memory}/${group}/memory.oom_control`), 'oom_kill'),
      });
    },
  });
}

/** Where engines put their groups: Docker with the two drivers, Podman, and both below a group that somebody names. */
const FORMS = (id: string): string[] => [
  `docker/${id}`,
  `system.slice/docker-${id}.scope`,
  `machine.slice/libpod-${id}.scope`,
];

/** A folder that groups may lie in is looked for no deeper. */
const DEEPEST = 3;

/** What seldom changes, a limit and what was ended because of it, is read anew after so long. */
const SELDOM_MS = 10_000;

interface Version {
  readonly source: Cgroups['source'];
  /** One hierarchy tells where a group lies; in version 1 it has the same path in all of them. */
  readonly one: string;
  read(group: string): Values;
  seldom(group: string): Values;
}

interface Known {
  readonly group: string;
  seldom: Values;
  /** When that was read. */
  at: number;
}

function opened({ source, one, read, seldom }: Version): Cgroups {
  const known = new Map<string, Known>();
  const find = (id: string): Known | null => {
    const group = FORMS(id).find((form) => existsSync(join(one, form))) ?? search(one, id, DEEPEST);
    if (group === undefined) return null;
    if (known.size >= MOST_KNOWN) known.clear();
    const entry = { group, seldom: {}, at: -Infinity };
    known.set(id, entry);
    return entry;
  };
  const readOf = (entry: Known | null): Values | null => {
    const values = entry === null ? {} : read(entry.group);
    if (entry === null || values['cpu_seconds_total'] === undefined) return null;
    const now = performance.now();
    if (now - entry.at > SELDOM_MS) Object.assign(entry, { seldom: seldom(entry.group), at: now });
    return { ...values, ...entry.seldom };
  };
  return {
    source,
    read(id) {
      if (!/^[0-9a-f]{64}$/.test(id)) return null;
      // Where it was before; a container that was started anew may lie elsewhere.
      return readOf(known.get(id) ?? null) ?? readOf(find(id));
    },
  };
}

/** Containers come and go. */
const MOST_KNOWN = 10_000;

/** A group of that id below a folder, by its path from there. */
function search(folder: string, id: string, deep: number): string | undefined {
  if (deep === 0) return undefined;
  let names: string[];
  try {
    names = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return undefined;
  }
  const own = names.find((name) => name.includes(id));
  if (own !== undefined) return own;
  for (const name of names) {
    const found = search(join(folder, name), id, deep - 1);
    if (found !== undefined) return join(name, found);
  }
  return undefined;
}

const MICRO = 1e-6;
const NANO = 1e-9;
/** What version 1 says where nothing limits: the largest number of pages. */
const NO_LIMIT = 2 ** 62;

/** https://docs.kernel.org/admin-guide/cgroup-v2.html */
function readV2(folder: string): Values {
  const cpu = readSmall(`${folder}/cpu.stat`);
  const used = numberIn(`${folder}/memory.current`);
  const idle = numberAfter(readSmall(`${folder}/memory.stat`), 'inactive_file') ?? 0;
  const io = readSmall(`${folder}/io.stat`) ?? '';
  return present({
    cpu_seconds_total: scaled(numberAfter(cpu, 'usage_usec'), MICRO),
    throttled_seconds_total: scaled(numberAfter(cpu, 'throttled_usec'), MICRO),
    memory_bytes: used === undefined ? undefined : Math.max(0, used - idle),
    pids: numberIn(`${folder}/pids.current`),
    read_bytes_total: summed(io, /\brbytes=(\d+)/g),
    written_bytes_total: summed(io, /\bwbytes=(\d+)/g),
  });
}

/** https://docs.kernel.org/admin-guide/cgroup-v1/ */
function readV1(base: string, group: string): Values {
  const cpu = readSmall(`${base}/cpu/${group}/cpu.stat`);
  const memory = `${base}/memory/${group}`;
  const used = numberIn(`${memory}/memory.usage_in_bytes`);
  const idle = numberAfter(readSmall(`${memory}/memory.stat`), 'total_inactive_file') ?? 0;
  const io = readSmall(`${base}/blkio/${group}/blkio.throttle.io_service_bytes`) ?? '';
  return present({
    cpu_seconds_total: scaled(numberIn(`${base}/cpuacct/${group}/cpuacct.usage`), NANO),
    throttled_seconds_total: scaled(numberAfter(cpu, 'throttled_time'), NANO),
    memory_bytes: used === undefined ? undefined : Math.max(0, used - idle),
    pids: numberIn(`${base}/pids/${group}/pids.current`),
    read_bytes_total: summed(io, / Read (\d+)/g),
    written_bytes_total: summed(io, / Write (\d+)/g),
  });
}

const scaled = (value: number | undefined, by: number): number | undefined =>
  value === undefined ? undefined : value * by;

function summed(text: string, each: RegExp): number {
  let sum = 0;
  for (const [, value] of text.matchAll(each)) sum += Number(value);
  return sum;
}

function present(values: Record<string, number | undefined>): Values {
  for (const name of Object.keys(values)) if (values[name] === undefined) delete values[name];
  return values;
}
