// How long one look at 200 containers takes, and what it costs at one a second; beside it, what the engine takes to be
// asked about each. Needs root and an engine of its own, with as many containers as the machine starts.
import { spawn, execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { openMeters } from '../dist/host/metrics/meters.js';
import { openEngine } from '../dist/host/docker/engine.js';

const WANTED = Number(process.env['HOMEOSTAT_CONTAINERS'] ?? 200);
const SWEEPS = 20;
const START_MS = Number(process.env['HOMEOSTAT_START_MS'] ?? 60_000);

const base = mkdtempSync(join(tmpdir(), 'homeostat-bench-'));
const socketPath = join(base, 'socket');
const log = openSync(join(base, 'log'), 'a');
const folders = ['--data-root', join(base, 'data'), '--exec-root', join(base, 'exec')];
const alone = ['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-masq=false'];
const daemon = spawn(
  'dockerd',
  ['--host', `unix://${socketPath}`, '--pidfile', join(base, 'pid'), ...folders, ...alone],
  {
    stdio: ['ignore', log, log],
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
  },
);
const docker = new Docker({ socketPath });

async function answers() {
  for (;;) {
    try {
      return await docker.ping();
    } catch {
      await sleep(50);
    }
  }
}

async function image() {
  const folder = join(base, 'image');
  mkdirSync(join(folder, 'bin'), { recursive: true });
  copyFileSync(
    ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path)),
    join(folder, 'bin', 'busybox'),
  );
  symlinkSync('busybox', join(folder, 'bin', 'sleep'));
  execFileSync('tar', ['-C', folder, '-cf', join(base, 'image.tar'), '.']);
  const stream = await docker.importImage(join(base, 'image.tar'), { repo: 'busy', tag: '1' });
  await new Promise((resolve) => stream.on('end', resolve).resume());
}

async function start() {
  const until = performance.now() + START_MS;
  let started = 0;
  const work = async () => {
    while (started < WANTED && performance.now() < until) {
      const name = `sleeper-${started++}`;
      const options = {
        Image: 'busy:1',
        Cmd: ['sleep', '1000'],
        name,
        NetworkDisabled: true,
        HostConfig: { NetworkMode: 'none', LogConfig: { Type: 'none' } },
      };
      await (await docker.createContainer(options)).start();
    }
  };
  await Promise.all([work(), work(), work()]);
}

const quantile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];

try {
  await answers();
  await image();
  await start();
  const engine = openEngine({ host: `unix://${socketPath}`, certificates: null });
  const real = await engine.running();
  // Where the machine starts fewer, the groups of those that run are read again, each a real one.
  const running = Array.from({ length: WANTED }, (_, n) => ({ ...real[n % real.length], name: `c${n}` }));
  const meters = openMeters(true);
  // What has just been started is left to come to rest, and the first looks find where each group lies.
  await sleep(4000);
  for (let n = 0; n < 3; n++) meters.sweep(running);
  const times = [];
  const cpu = process.cpuUsage();
  const began = performance.now();
  for (let n = 0; n < SWEEPS; n++) {
    const from = performance.now();
    const { containers } = meters.sweep(running);
    times.push(performance.now() - from);
    if (containers.size !== WANTED) throw new Error(`only ${containers.size} were read`);
    await sleep(Math.max(0, (n + 1) * 1000 - (performance.now() - began)));
  }
  const { user, system } = process.cpuUsage(cpu);
  const percent = ((user + system) / 1000 / (performance.now() - began)) * 100;
  times.sort((a, b) => a - b);
  const listed = performance.now();
  await engine.running();
  const listMs = performance.now() - listed;
  const asked = performance.now();
  await docker.getContainer(real[0].id).stats({ stream: false });
  await docker.getContainer(real[0].id).stats({ stream: false });
  const oneMs = (performance.now() - asked) / 2;
  const found = {
    containers: real.length,
    read_per_sweep: WANTED,
    source: meters.source,
    sweep_ms: { p50: quantile(times, 0.5), p95: quantile(times, 0.95), max: times.at(-1) },
    percent_of_a_core_at_1_hz: percent,
    list_ms: listMs,
    docker_stats_one_shot_ms: oneMs,
    docker_stats_of_all_in_sequence_ms: oneMs * WANTED,
  };
  process.stdout.write(
    `${JSON.stringify(found, (_, value) => (typeof value === 'number' ? Math.round(value * 100) / 100 : value), 2)}\n`,
  );
} finally {
  for (const { Id } of await docker.listContainers({ all: true }).catch(() => []))
    await docker
      .getContainer(Id)
      .remove({ force: true })
      .catch(() => undefined);
  daemon.kill('SIGTERM');
  await new Promise((resolve) => daemon.once('exit', resolve));
  execFileSync('/bin/sh', [
    '-c',
    'umount -l "$1"/data/* "$1"/exec/* "$1"/exec/netns/* 2>/dev/null; true',
    'sh',
    base,
  ]);
  rmSync(base, { recursive: true, force: true });
}
