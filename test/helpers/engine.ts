import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  copyFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { afterAll } from 'vitest';
import { isRoot, lacking } from './needs.ts';

const has = (program: string): boolean =>
  ['/usr/sbin', '/usr/bin', '/sbin', '/bin'].some((folder) => existsSync(join(folder, program)));

export const noEngine: string | null = !isRoot
  ? 'needs a Docker engine of its own: sudo env "PATH=$PATH" npm test'
  : has('dockerd') && has('busybox')
    ? null
    : 'needs a Docker engine: apt-get install docker.io busybox-static';

/** An engine of the tests' own, with an image `busy:1` that has busybox and nothing else. */
export interface TestEngine {
  readonly docker: Docker;
  /** As in `DOCKER_HOST`. */
  readonly host: string;
  readonly pid: () => number;
  stop(): Promise<void>;
  /** Ends it at once, as nothing is to be ended; it can be started again. */
  kill(): void;
  start(): Promise<void>;
}

/** Starts an engine on a socket and folders of its own, which leaves this machine's bridges and rules alone. */
export async function startEngine(more: readonly string[] = []): Promise<TestEngine> {
  if (noEngine !== null) lacking(noEngine);
  const base = mkdtempSync(join(tmpdir(), 'homeostat-engine-'));
  const socket = join(base, 'socket');
  const docker = new Docker({ socketPath: socket });
  let pid = 0;
  const start = async (): Promise<void> => {
    const log = openSync(join(base, 'log'), 'a');
    const folders = ['--data-root', join(base, 'data'), '--exec-root', join(base, 'exec')];
    const alone = ['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-masq=false'];
    const args = [
      '--host',
      `unix://${socket}`,
      '--pidfile',
      join(base, 'pid'),
      ...folders,
      ...alone,
      ...more,
    ];
    // No child of this process: what is below it would be taken for a command's strays.
    const { stdout } = spawnSync('/bin/sh', ['-c', 'dockerd "$@" >&3 2>&3 & echo $!', 'sh', ...args], {
      stdio: ['ignore', 'pipe', 'ignore', log],
      encoding: 'utf8',
      env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
    });
    pid = Number(stdout);
    for (;;) {
      if (!existsSync(`/proc/${pid}`))
        throw new Error(`dockerd: ${readFileSync(join(base, 'log'), 'utf8').slice(-2000)}`);
      try {
        await docker.ping();
        return;
      } catch {
        await sleep(50);
      }
    }
  };
  const stop = async (): Promise<void> => {
    if (pid === 0) return;
    process.kill(pid, 'SIGTERM');
    while (existsSync(join(base, 'pid'))) await sleep(20);
    pid = 0;
  };
  const kill = (): void => {
    // Its own containerd would outlive it and answer no other one.
    const below = join(base, 'exec', 'containerd', 'containerd.pid');
    const both = [pid, Number(readFileSync(below, 'utf8'))];
    for (const one of both) process.kill(one, 'SIGKILL');
    while (both.some(isAlive)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    // What has ended and is not yet forgotten would be taken for one that runs.
    for (const file of [below, join(base, 'pid')]) rmSync(file, { force: true });
  };
  await start();
  await importImage(docker, base);
  return { docker, host: `unix://${socket}`, pid: () => pid, stop, start, kill };
}

/** What has ended may stay in the list of processes for a while. */
function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

const APPLETS = [
  'sh',
  'sleep',
  'cat',
  'echo',
  'httpd',
  'wget',
  'true',
  'false',
  'ls',
  'dd',
  'nc',
  'touch',
  'mkdir',
  'rm',
  'seq',
  'kill',
  'stat',
  'env',
];

async function importImage(docker: Docker, base: string): Promise<void> {
  const folder = join(base, 'image');
  mkdirSync(join(folder, 'bin'), { recursive: true });
  const from = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path)) ?? '/bin/busybox';
  copyFileSync(from, join(folder, 'bin', 'busybox'));
  for (const applet of APPLETS) symlinkSync('busybox', join(folder, 'bin', applet));
  const archive = join(base, 'image.tar');
  execFileSync('tar', ['-C', folder, '-cf', archive, '.']);
  const stream = await docker.importImage(archive, { repo: 'busy', tag: '1' });
  await new Promise((resolve) => stream.on('end', resolve).resume());
}

/** Removes all that the engine holds, ends it, and removes its folders. */
export async function endEngine({ docker, host, stop }: TestEngine): Promise<void> {
  for (const { Id } of await docker.listContainers({ all: true }))
    await docker.getContainer(Id).remove({ force: true });
  // Its bridges would outlive it, and the ranges of addresses that they take are few.
  await docker.pruneNetworks();
  await stop();
  const base = join(host.slice('unix://'.length), '..');
  execFileSync('/bin/sh', [
    '-c',
    'umount -l "$1"/data/* "$1"/data "$1"/exec/* "$1"/exec/netns/* 2>/dev/null; true',
    'sh',
    base,
  ]);
  rmSync(base, { recursive: true, force: true });
}

/** For a file of tests: an engine while they run. */
export function engineForTests(
  more: () => Promise<readonly string[]> = async () => [],
): () => Promise<TestEngine> {
  let started: Promise<TestEngine> | undefined;
  afterAll(async () => {
    if (started !== undefined) await endEngine(await started);
  });
  return async () => (started ??= more().then(startEngine));
}
