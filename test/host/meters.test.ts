import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { openCgroups } from '../../src/host/metrics/cgroup.ts';
import { diskUse, machineValues } from '../../src/host/metrics/machine-values.ts';
import { scratch } from '../helpers/scratch.ts';

/** A folder with these files. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const { base } = scratch();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(base, path)), { recursive: true });
    writeFileSync(join(base, path), content);
  }
  return base;
}

const ID = '0123456789abcdef'.repeat(4);

/** As the kernel writes them, cgroup-v2.rst. */
const V2 = {
  'cpu.stat':
    'usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\nnr_periods 100\nnr_throttled 10\nthrottled_usec 750000\nnr_bursts 0\nburst_usec 0\n',
  'memory.current': '52428800\n',
  'memory.max': '104857600\n',
  'memory.stat': 'anon 1000\nfile 30000000\ninactive_anon 1\ninactive_file 20971520\nactive_file 5\n',
  'memory.events': 'low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n',
  'pids.current': '7\n',
  'io.stat':
    '8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n259:0 rbytes=100 wbytes=200 rios=1 wios=1 dbytes=0 dios=0\n',
};
const READ = {
  cpu_seconds_total: 2.5,
  throttled_seconds_total: 0.75,
  memory_bytes: 31_457_280,
  memory_limit_bytes: 104_857_600,
  oom_kills_total: 2,
  pids: 7,
  read_bytes_total: 4196,
  written_bytes_total: 8392,
};

const under = (group: string, files: Record<string, string>): Record<string, string> => ({
  'cgroup.controllers': 'cpu io memory pids\n',
  ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`${group}/${name}`, text])),
});

test.each([
  `docker/${ID}`,
  `system.slice/docker-${ID}.scope`,
  `machine.slice/libpod-${ID}.scope`,
  `my.slice/docker-${ID}.scope`,
  `user.slice/user-1000.slice/docker-${ID}.scope`,
])('version 2 is read where the group is %s', (group) => {
  const groups = openCgroups(folderOf(under(group, V2)));
  expect(groups?.source).toBe('cgroup_v2');
  expect(groups?.read(ID)).toEqual(READ);
});

test('what a group does not have is left out, and one that is not there is none', () => {
  const { 'io.stat': _io, 'memory.events': _events, ...some } = V2;
  const groups = openCgroups(folderOf(under(`docker/${ID}`, { ...some, 'memory.max': 'max\n' })));
  const values = groups?.read(ID);
  expect(values).toMatchObject({ memory_bytes: READ.memory_bytes, read_bytes_total: 0 });
  expect(Object.keys(values ?? {})).not.toContain('memory_limit_bytes');
  expect(Object.keys(values ?? {})).not.toContain('oom_kills_total');
  expect(groups?.read('f'.repeat(64))).toBeNull();
  for (const id of ['', '..', `../docker/${ID}`, ID.slice(0, 12)]) expect(groups?.read(id)).toBeNull();
  expect(openCgroups(scratch().base)).toBeNull();
});

test('version 1 is read from its hierarchies, with the same names', () => {
  const group = `docker/${ID}`;
  const base = folderOf({
    [`cpu/${group}/cpu.stat`]: 'nr_periods 100\nnr_throttled 10\nthrottled_time 750000000\n',
    [`cpuacct/${group}/cpuacct.usage`]: '2500000000\n',
    [`memory/${group}/memory.usage_in_bytes`]: '52428800\n',
    [`memory/${group}/memory.limit_in_bytes`]: '104857600\n',
    [`memory/${group}/memory.stat`]: 'inactive_file 3\ntotal_cache 5\ntotal_inactive_file 20971520\n',
    [`memory/${group}/memory.oom_control`]: 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n',
    [`pids/${group}/pids.current`]: '7\n',
    [`blkio/${group}/blkio.throttle.io_service_bytes`]:
      '8:0 Read 4096\n8:0 Write 8192\n8:0 Sync 12288\n8:0 Total 12288\n259:0 Read 100\n259:0 Write 200\nTotal 12588\n',
  });
  const groups = openCgroups(base);
  expect(groups?.source).toBe('cgroup_v1');
  expect(groups?.read(ID)).toEqual(READ);
  writeFileSync(join(base, `memory/${group}/memory.limit_in_bytes`), '9223372036854771712\n');
  expect(Object.keys(openCgroups(base)?.read(ID) ?? {})).not.toContain('memory_limit_bytes');
  // One that was started anew lies elsewhere.
  for (const controller of ['cpu', 'cpuacct', 'memory', 'pids', 'blkio']) {
    mkdirSync(join(base, controller, 'system.slice'));
    renameSync(join(base, controller, group), join(base, controller, `system.slice/docker-${ID}.scope`));
  }
  expect(groups?.read(ID)).toMatchObject({ cpu_seconds_total: 2.5 });
});

test('the machine is read as its kernel tells', () => {
  const proc = folderOf({
    stat: 'cpu  100 50 200 5000 300 10 20 30 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n',
    loadavg: '0.50 1.25 2.00 1/100 1234\n',
    meminfo:
      'MemTotal:        1000 kB\nMemFree:          10 kB\nMemAvailable:     400 kB\nSwapTotal:        100 kB\nSwapFree:          60 kB\n',
    'net/dev':
      'Inter-| Receive | Transmit\n face |bytes packets|bytes packets\n    lo: 9 9 0 0 0 0 0 0 9 9 0 0 0 0 0 0\n  eth0: 100 1 0 0 0 0 0 0 200 2 0 0 0 0 0 0\ndocker0: 7 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n',
    diskstats:
      '   8       0 sda 10 0 8 1 20 0 16 2 0 1 3 0 0 0 0\n   8       1 sda1 10 0 8 1 20 0 16 2 0 1 3 0 0 0 0\n 253       0 dm-0 10 0 8 1 20 0 16 2 0 1 3 0 0 0 0\n',
    'pressure/cpu':
      'some avg10=0.00 avg60=0.00 avg300=0.00 total=3000000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n',
  });
  expect(machineValues(proc)).toEqual({
    cpu_seconds_total: 4.1,
    iowait_seconds_total: 3,
    load1: 0.5,
    load5: 1.25,
    load15: 2,
    memory_bytes: 1_024_000,
    memory_used_bytes: 614_400,
    swap_used_bytes: 40_960,
    network_received_bytes_total: 100,
    network_sent_bytes_total: 200,
    disk_read_bytes_total: 4096,
    disk_written_bytes_total: 8192,
    pressure_cpu_seconds_total: 3,
  });
  expect(machineValues(scratch().base)).toEqual({});
});

test.runIf(process.platform === 'linux')('this machine has numbers of all that every kernel counts', () => {
  const values = machineValues();
  expect(values['cpu_seconds_total']).toBeGreaterThan(0);
  expect(values['memory_used_bytes']).toBeLessThan(values['memory_bytes'] ?? 0);
  const [root] = diskUse();
  expect(root?.path).toBe('/');
  expect(root?.free_bytes).toBeLessThanOrEqual(root?.size_bytes ?? 0);
  expect(root?.used_percent).toBeGreaterThan(0);
});
