import { bytesOf, flagOf, nanosecondsOf, plainText, secondsOf, tidyPath } from './notation.ts';

type Reading = (value: unknown) => string | number | null;

/** A field that is one value in the file and one in what the engine tells of a container. */
export interface Row {
  readonly key: string;
  /** Where it stands in a service of the file. */
  readonly file: readonly string[];
  /** Where the engine has it: in what a container was made of, or in what its host gives it. */
  readonly engine: readonly ['Config' | 'HostConfig', string];
  /** Brings what the file says to what the engine says; as it is unless told. */
  readonly said?: Reading;
  readonly found?: Reading;
  /** What the engine says where nobody asked for anything; nothing, naught or no unless told. */
  readonly usual?: readonly string[];
  /** An engine has a setting of its own for it, so that a file that does not speak of it tells nothing. */
  readonly open?: true;
}

const config = (name: string): Row['engine'] => ['Config', name];
const host = (name: string): Row['engine'] => ['HostConfig', name];
const limits = (name: string): string[] => ['deploy', 'resources', 'limits', name];
const signal: Reading = (value) => plainText(value)?.toUpperCase().replace(/^SIG/, '') ?? null;
const microseconds: Reading = (value) => {
  const nanoseconds = /^\d+$/.test(plainText(value) ?? '') ? null : nanosecondsOf(value);
  return nanoseconds === null ? plainText(value) : nanoseconds / 1000;
};
const MEBI = 1 << 20;

/** What a file says in several places is told by the last of them that speaks. */
export const ROWS: readonly Row[] = [
  { key: 'user', file: ['user'], engine: config('User') },
  {
    key: 'working_dir',
    file: ['working_dir'],
    engine: config('WorkingDir'),
    said: tidyPath,
    found: tidyPath,
  },
  { key: 'domainname', file: ['domainname'], engine: config('Domainname') },
  { key: 'tty', file: ['tty'], engine: config('Tty'), said: flagOf },
  { key: 'stdin_open', file: ['stdin_open'], engine: config('OpenStdin'), said: flagOf },
  {
    key: 'stop_signal',
    file: ['stop_signal'],
    engine: config('StopSignal'),
    said: signal,
    found: signal,
    usual: ['', 'TERM', '15'],
  },
  {
    key: 'stop_grace_period',
    file: ['stop_grace_period'],
    engine: config('StopTimeout'),
    said: secondsOf,
    found: (value) => plainText(value),
    usual: ['10'],
  },
  { key: 'privileged', file: ['privileged'], engine: host('Privileged'), said: flagOf },
  { key: 'read_only', file: ['read_only'], engine: host('ReadonlyRootfs'), said: flagOf },
  { key: 'init', file: ['init'], engine: host('Init'), said: flagOf },
  {
    key: 'shm_size',
    file: ['shm_size'],
    engine: host('ShmSize'),
    said: bytesOf,
    usual: ['0', String(64 * MEBI)],
    open: true,
  },
  { key: 'oom_score_adj', file: ['oom_score_adj'], engine: host('OomScoreAdj') },
  {
    key: 'oom_kill_disable',
    file: ['oom_kill_disable'],
    engine: host('OomKillDisable'),
    said: flagOf,
  },
  { key: 'uts', file: ['uts'], engine: host('UTSMode') },
  { key: 'userns_mode', file: ['userns_mode'], engine: host('UsernsMode') },
  {
    key: 'cgroup',
    file: ['cgroup'],
    engine: host('CgroupnsMode'),
    usual: ['', 'private', 'host'],
    open: true,
  },
  { key: 'cgroup_parent', file: ['cgroup_parent'], engine: host('CgroupParent'), open: true },
  { key: 'runtime', file: ['runtime'], engine: host('Runtime'), usual: ['', 'runc'], open: true },
  { key: 'isolation', file: ['isolation'], engine: host('Isolation'), usual: ['', 'default'] },
  { key: 'limits.memory', file: ['mem_limit'], engine: host('Memory'), said: bytesOf },
  { key: 'limits.memory', file: limits('memory'), engine: host('Memory'), said: bytesOf },
  {
    key: 'limits.memory_reservation',
    file: ['mem_reservation'],
    engine: host('MemoryReservation'),
    said: bytesOf,
  },
  {
    key: 'limits.memory_reservation',
    file: ['deploy', 'resources', 'reservations', 'memory'],
    engine: host('MemoryReservation'),
    said: bytesOf,
  },
  {
    key: 'limits.swap',
    file: ['memswap_limit'],
    engine: host('MemorySwap'),
    said: (value) => (plainText(value) === '-1' ? '-1' : bytesOf(value)),
  },
  {
    key: 'limits.swappiness',
    file: ['mem_swappiness'],
    engine: host('MemorySwappiness'),
    usual: ['-1'],
  },
  { key: 'limits.cpus', file: ['cpus'], engine: host('NanoCpus'), said: cpusOf },
  { key: 'limits.cpus', file: limits('cpus'), engine: host('NanoCpus'), said: cpusOf },
  { key: 'limits.cpu_shares', file: ['cpu_shares'], engine: host('CpuShares') },
  {
    key: 'limits.cpu_period',
    file: ['cpu_period'],
    engine: host('CpuPeriod'),
    said: microseconds,
  },
  {
    key: 'limits.cpu_quota',
    file: ['cpu_quota'],
    engine: host('CpuQuota'),
    said: microseconds,
  },
  { key: 'limits.cpuset', file: ['cpuset'], engine: host('CpusetCpus'), usual: [''] },
  { key: 'limits.pids', file: ['pids_limit'], engine: host('PidsLimit'), usual: ['0', '-1'] },
  { key: 'limits.pids', file: limits('pids'), engine: host('PidsLimit'), usual: ['0', '-1'] },
];

/** What means to the engine that nobody asked for anything. */
export const NONE: readonly string[] = ['', '0', 'false'];

/** Billionths of a processor, as the engine counts them. */
function cpusOf(value: unknown): number | null {
  const text = plainText(value);
  return text === null ? null : Math.round(Number(text) * 1e9);
}
