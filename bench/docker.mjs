// What homeostat adds to a restart of a container, over the bare call of the engine's interface; on an engine of its own.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, copyFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import Docker from 'dockerode';
import { OURS, interleaved, printIfMain, start, trustedPlace } from './harness.mjs';

const CONFIG =
  'autonomy: full\ntoolsets: [core, docker]\nlimits: {actions_per_minute: 1000000, queries_per_minute: 1000000}\n';
const WARM_UP = 3;
const ROUNDS = Number(process.env.ROUNDS ?? 40);

/** An engine on folders of its own, and a container that ends at once. @param {string} base */
async function engine(base) {
  const socketPath = join(base, 'socket');
  const folders = ['--data-root', join(base, 'data'), '--exec-root', join(base, 'exec')];
  const alone = ['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-masq=false'];
  const args = ['--host', `unix://${socketPath}`, '--pidfile', join(base, 'pid'), ...folders, ...alone];
  const child = spawn('dockerd', args, {
    stdio: 'ignore',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  const docker = new Docker({ socketPath });
  while (
    !(await docker.ping().then(
      () => true,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error('dockerd does not start');
    await new Promise((done) => setTimeout(done, 50));
  }
  mkdirSync(join(base, 'image', 'bin'), { recursive: true });
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path)) ?? '';
  copyFileSync(busybox, join(base, 'image', 'bin', 'busybox'));
  symlinkSync('busybox', join(base, 'image', 'bin', 'sleep'));
  execFileSync('tar', ['-C', join(base, 'image'), '-cf', join(base, 'image.tar'), '.']);
  const stream = await docker.importImage(join(base, 'image.tar'), { repo: 'busy', tag: '1' });
  await once(stream.resume(), 'end');
  const container = await docker.createContainer({
    name: 'web',
    Image: 'busy:1',
    Cmd: ['sleep', '100000'],
    StopSignal: 'SIGKILL',
    HostConfig: { NetworkMode: 'none' },
  });
  await container.start();
  return {
    container,
    async end() {
      await container.remove({ force: true });
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
      const script = 'umount -l "$1"/data/* "$1"/exec/* "$1"/exec/netns/* 2>/dev/null; rm -rf "$1"';
      execFileSync('/bin/sh', ['-c', script, 'sh', base]);
    },
  };
}

/** @returns {Promise<import('./harness.mjs').Figure[]>} */
export async function containers() {
  const where = await trustedPlace(CONFIG);
  const base = join(where.home, '..', 'engine');
  mkdirSync(base);
  const { container, end } = await engine(base);
  const server = start(OURS, {
    ...where,
    env: { ...where.env, DOCKER_HOST: `unix://${join(base, 'socket')}` },
  });
  try {
    await server.initialize();
    const ours = async () => server.call('restart_container', { container: 'web' });
    const bare = async () => container.restart();
    await interleaved(WARM_UP, ours, bare);
    const both = await interleaved(ROUNDS, ours, bare);
    return [{ name: 'restart_container', against: 'the bare call', ...both, target: { moreMs: 25 } }];
  } finally {
    await server.close();
    await end();
    where.remove();
  }
}

await printIfMain(import.meta.url, containers);
