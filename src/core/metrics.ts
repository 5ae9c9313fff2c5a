/** One number of a machine or a container: `rate` of what only grows, by the second; `level` of what goes up and down. */
export interface Metric {
  readonly kind: 'level' | 'rate';
  /** What it is called where it is shown: for a rate, what it comes to by the second. */
  readonly shown: string;
  /** What a rate is multiplied by to be shown; 1 unless told. */
  readonly scale?: number;
  readonly help: string;
}

const level = (shown: string, help: string): Metric => ({ kind: 'level', shown, help });
const rate = (shown: string, help: string, scale = 1): Metric => ({ kind: 'rate', shown, help, scale });

/** Of the machine. The names are Prometheus's, without `homeostat_host_`; what grows ends in `_total`. */
export const HOST_METRICS = {
  cpu_seconds_total: rate('cpu_percent', 'Time that processors worked; 100 percent is one core', 100),
  iowait_seconds_total: rate('iowait_percent', 'Time that processors waited for disks', 100),
  load1: level('load_1', 'Processes that ran or waited, over one minute'),
  load5: level('load_5', 'The same over five minutes'),
  load15: level('load_15', 'The same over fifteen minutes'),
  memory_bytes: level('memory_total_bytes', 'Memory that there is'),
  memory_used_bytes: level('memory_used_bytes', 'Memory that is not available to new processes'),
  swap_used_bytes: level('swap_used_bytes', 'Memory that was put on disk'),
  network_received_bytes_total: rate('network_received_bytes_per_second', 'Received, loopback aside'),
  network_sent_bytes_total: rate('network_sent_bytes_per_second', 'Sent, loopback aside'),
  disk_read_bytes_total: rate('disk_read_bytes_per_second', 'Read from disks'),
  disk_written_bytes_total: rate('disk_written_bytes_per_second', 'Written to disks'),
  pressure_cpu_seconds_total: rate(
    'pressure_cpu_percent',
    'Time that some process waited for a processor',
    100,
  ),
  pressure_memory_seconds_total: rate(
    'pressure_memory_percent',
    'Time that some process waited for memory',
    100,
  ),
  pressure_io_seconds_total: rate('pressure_io_percent', 'Time that some process waited for a disk', 100),
} as const satisfies Record<string, Metric>;

/** Of a container. */
export const CONTAINER_METRICS = {
  cpu_seconds_total: rate('cpu_percent', 'Time that processors worked for it; 100 percent is one core', 100),
  throttled_seconds_total: rate('throttled_percent', 'Time that it was kept from working by its limit', 100),
  memory_bytes: level('memory_bytes', 'Memory that it uses, without what can be dropped'),
  memory_limit_bytes: level('memory_limit_bytes', 'Memory that it may use; none where nothing limits it'),
  oom_kills_total: level('oom_kills', 'Processes of it that were ended because its memory was used up'),
  pids: level('pids', 'Its processes and threads'),
  restarts_total: level('restarts', 'How often the engine has started it anew, as far as that was asked'),
  read_bytes_total: rate('read_bytes_per_second', 'Read from disks'),
  written_bytes_total: rate('written_bytes_per_second', 'Written to disks'),
} as const satisfies Record<string, Metric>;

/** Numbers by the names of a table above; what cannot be read is missing. */
export type Values = Readonly<Partial<Record<string, number>>>;

/** One file system. */
export interface DiskUse {
  /** Where it is mounted. */
  readonly path: string;
  readonly size_bytes: number;
  readonly free_bytes: number;
  /** 0 to 100, as `df` rounds it up. */
  readonly used_percent: number;
  /** 0 to 100; null where it has no fixed number of them. */
  readonly inodes_used_percent: number | null;
}

/** Where the numbers of containers come from. */
export type MetricSource = 'cgroup_v1' | 'cgroup_v2' | 'engine';

/** What one look at the machine gives; what grows is as it stands, since the start of each. */
export interface Sweep {
  readonly at_ms: number;
  readonly host: Values;
  readonly disks: readonly DiskUse[];
  /** By name; those that run. */
  readonly containers: ReadonlyMap<string, Values>;
}

/** What is shown of a machine or a container at one moment, by the names that are shown. */
export type Shown = Readonly<Record<string, number>>;

/** One look, as it is kept. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at_ms: number;
  readonly host: Shown;
  readonly containers: Readonly<Record<string, Shown>>;
}

/** What there is to show of one look, by the one before it: without that, rates are left out. */
export function shownOf(
  table: Readonly<Record<string, Metric>>,
  now: Values,
  before: Values | undefined,
  ms: number,
): Shown {
  const shown: Record<string, number> = {};
  for (const [name, metric] of Object.entries(table)) {
    const value = now[name];
    if (value === undefined) continue;
    if (metric.kind === 'level') {
      shown[metric.shown] = value;
      continue;
    }
    const was = before?.[name];
    // What has begun anew since is not told as having gone back.
    if (was === undefined || was > value || ms <= 0) continue;
    shown[metric.shown] = round(((value - was) / ms) * 1000 * (metric.scale ?? 1));
  }
  return shown;
}

const round = (value: number): number => Math.round(value * 100) / 100;

/** A container that runs, by its whole id. */
export interface Running {
  readonly id: string;
  readonly name: string;
  /** By Docker's own probe; null where the container has none. */
  readonly health: 'healthy' | 'unhealthy' | 'starting' | null;
}

/** Reads what the kernel counts, without asking anybody. */
export interface Meters {
  /** Of containers; null where the kernel counts them in no way that is known here. */
  readonly source: MetricSource | null;
  sweep(containers: readonly Running[]): Sweep;
}

/** A container as it is now. */
export interface ContainerLook extends Running {
  readonly values: Shown;
}

/** What there is to be seen now. */
export interface Look {
  readonly at_ms: number;
  readonly source: MetricSource | null;
  readonly host: Shown;
  readonly disks: readonly DiskUse[];
  readonly containers: readonly ContainerLook[];
  /** Why something is missing; null where nothing is. */
  readonly note: string | null;
}

/** What agents did, of one tool, agent or outcome. */
export interface ActivityRow {
  readonly key: string;
  readonly calls: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly approvals: Readonly<Record<string, number>>;
  readonly rollbacks: number;
  /** Milliseconds of each that was carried out. */
  readonly durations: readonly number[];
  /** Milliseconds since 1970 of each call. */
  readonly times: readonly number[];
}

/** The calls of a time, from the record; `left_out` counts records that were too many to look at. */
export interface Activity {
  readonly rows: readonly ActivityRow[];
  readonly left_out: number;
}

export type ActivityKey = 'tool' | 'agent' | 'risk';

/** A part of homeostat, or a service, and how it is. */
export interface HealthRow {
  readonly name: string;
  readonly status: 'ok' | 'degraded' | 'failing' | 'unknown';
  readonly found: string;
}

/** What a person has configured to be asked whether it is well. */
export interface ProbeTarget {
  readonly name: string;
  /** `http://`, `https://` or `tcp://`. */
  readonly url: string;
}

/** What was counted since the process was started; tools that are not there are `other`. */
export interface Counts {
  readonly calls: readonly { readonly tool: string; readonly outcome: string; readonly count: number }[];
  readonly durations: readonly { readonly tool: string; readonly seconds: number }[];
  readonly approvals: readonly { readonly word: string; readonly count: number }[];
  readonly rollbacks: number;
  /** As it is now. */
  readonly pending: number;
  readonly stopped: boolean;
}

/** What tools and pages are told of the machine and of homeostat itself; nothing is changed by it. */
export interface Monitor {
  look(): Promise<Look>;
  /** The raw numbers, what is looked at, and whether the engine answers, for a collector. */
  sweep(): Promise<{
    readonly sweep: Sweep;
    readonly running: readonly Running[];
    readonly reached: boolean;
  }>;
  /** How often a container was started anew, by its id; null where that is not known. */
  restarts(id: string): Promise<number | null>;
  samples(sinceMs: number): Sample[];
  activity(by: ActivityKey, sinceMs: number): Promise<Activity>;
  counts(): Promise<Counts>;
  /** Homeostat’s own parts. */
  parts(): Promise<HealthRow[]>;
  services(): Promise<HealthRow[]>;
  /** Whether calls can be served. */
  ready(): boolean;
}
