// What a plan of fifty services takes, against docker-compose config, which only reads the same file; and how soon what
// ran before runs again once a deploy has been found unhealthy, against the bare calls that do the same. Needs root,
// dockerd, docker-compose and busybox; the engine is one of its own.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import Docker from 'dockerode';
import { openApp } from '../dist/app.js';
import { interleaved, p50, printIfMain, timed, trustedPlace } from './harness.mjs';

const SERVICES = 50;
const ROUNDS = 5;
const run = promisify(execFile);

export async function compose() {
  if (process.getuid?.() !== 0 || !existsSync('/usr/sbin/dockerd') || !existsSync('/usr/bin/docker-compose'))
    return [];
  const engine = await startEngine();
  const where = await trustedPlace('autonomy: full\ntoolsets: [core, compose]\n');
  try {
    where.env['DOCKER_HOST'] = engine.host;
    return [await planning(engine, where), await goingBack(engine, where)];
  } finally {
    where.remove();
    await engine.end();
  }
}

const common = { image: 'busy:1', network_mode: 'none', stop_grace_period: '0s', command: ['sleep', '1000'] };

/** @typedef {Awaited<ReturnType<typeof startEngine>>} BenchEngine */

/**
 * @param {BenchEngine} engine
 * @param {import('./harness.mjs').Place} where
 */
async function planning({ docker, host }, where) {
  const names = Array.from({ length: SERVICES }, (_, at) => `s${at}`);
  const file = join(where.root, 'many', 'compose.yml');
  mkdirSync(join(where.root, 'many'));
  const services = names.map((name, at) => [
    name,
    { ...common, environment: { NAME: name, A: '1' }, ...(at > 0 ? { depends_on: [`s${at - 1}`] } : {}) },
  ]);
  writeFileSync(file, JSON.stringify({ services: Object.fromEntries(services) }, null, 2));
  // There and all to be made anew: the most that a plan can have to say.
  await Promise.all(
    names.map((name) =>
      docker.createContainer({
        name: `many_${name}_1`,
        Image: 'busy:1',
        Cmd: ['sleep', '1000'],
        Labels: {
          'com.docker.compose.project': 'many',
          'com.docker.compose.service': name,
          'com.docker.compose.container-number': '1',
        },
      }),
    ),
  );
  const app = openApp({ env: where.env });
  const plan = async () => call(app, where, { paths: ['many/compose.yml'], dry_run: true });
  const shown = await plan();
  if (shown.outcome !== 'succeeded' || !shown.effects.diff.includes('recreate s49'))
    throw new Error(JSON.stringify(shown));
  const times = await interleaved(ROUNDS, plan, async () =>
    run('docker-compose', ['-f', file, 'config'], { env: { ...process.env, DOCKER_HOST: host } }),
  );
  await app.gateway.close();
  return {
    name: `plan of ${SERVICES} services, all made anew`,
    against: 'docker-compose config',
    ...times,
    target: { ms: 300 },
  };
}

/**
 * @param {BenchEngine} engine
 * @param {import('./harness.mjs').Place} where
 */
async function goingBack({ docker }, where) {
  mkdirSync(join(where.root, 'one'));
  const write = (/** @type {object} */ web) =>
    writeFileSync(
      join(where.root, 'one', 'compose.yml'),
      JSON.stringify({ services: { web: { ...common, ...web } } }),
    );
  let verdict = 0;
  const app = openApp({
    env: where.env,
    trace: (step) => void (step === 'rolling back' && (verdict = performance.now())),
  });
  const deploy = async () => call(app, where, { paths: ['one/compose.yml'], stable_seconds: 0.2 });
  write({});
  const first = await deploy();
  if (first.outcome !== 'succeeded') throw new Error(JSON.stringify(first));
  const [ours, reference] = [/** @type {number[]} */ ([]), /** @type {number[]} */ ([])];
  for (let round = 0; round < ROUNDS - 2; round++) {
    write({ environment: { ROUND: round }, healthcheck: { test: 'false', interval: '200ms', retries: 1 } });
    const bad = await deploy();
    ours.push(performance.now() - verdict);
    if (bad.outcome !== 'rolled_back') throw new Error(JSON.stringify(bad));
    const spare = await docker.createContainer({
      Image: 'busy:1',
      Cmd: ['sleep', '1000'],
      HostConfig: { NetworkMode: 'none' },
    });
    await spare.start();
    reference.push(await timed(async () => again(docker, spare)));
  }
  await app.gateway.close();
  return {
    name: 'back on the old version after the verdict',
    against: 'remove, create and start by bare calls',
    ours: p50(ours),
    reference: p50(reference),
    target: { ms: 5000 },
  };
}

/**
 * @param {Docker} docker
 * @param {Docker.Container} stands
 */
async function again(docker, stands) {
  await stands.remove({ force: true });
  const made = await docker.createContainer({
    Image: 'busy:1',
    Cmd: ['sleep', '1000'],
    HostConfig: { NetworkMode: 'none' },
  });
  await made.start();
}

/**
 * @param {ReturnType<typeof openApp>} app
 * @param {import('./harness.mjs').Place} where
 * @param {object} input
 * @returns {Promise<any>}
 */
const call = async (app, where, input) =>
  app.gateway.call('deploy_stack', input, {
    principal: { client: 'bench', card: null, user: 'bench' },
    cwd: where.root,
    announced: null,
    signal: new AbortController().signal,
  });

async function startEngine() {
  const base = mkdtempSync(join(tmpdir(), 'homeostat-bench-engine-'));
  const at = (/** @type {string} */ name) => join(base, name);
  const alone = ['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-masq=false'];
  const folders = ['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('pid')];
  const log = openSync(at('log'), 'a');
  const host = `unix://${at('socket')}`;
  // No child of this process: what is below it would be taken for a command's strays.
  spawn('/bin/sh', ['-c', '/usr/sbin/dockerd "$@" &', 'sh', '--host', host, ...folders, ...alone], {
    stdio: ['ignore', log, log],
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
  });
  const docker = new Docker({ socketPath: at('socket') });
  while (
    !(await docker.ping().then(
      () => true,
      () => false,
    ))
  )
    await sleep(50);
  mkdirSync(join(base, 'image', 'bin'), { recursive: true });
  for (const name of ['busybox', 'sh', 'sleep', 'false'])
    await copyFile('/bin/busybox', join(base, 'image', 'bin', name));
  execFileSync('tar', ['-C', at('image'), '-cf', at('image.tar'), '.']);
  const stream = await docker.importImage(at('image.tar'), { repo: 'busy', tag: '1' });
  await new Promise((resolve) => stream.on('end', resolve).resume());
  return {
    docker,
    host,
    async end() {
      const all = await docker.listContainers({ all: true });
      await Promise.all(all.map(async ({ Id }) => docker.getContainer(Id).remove({ force: true })));
      execFileSync('/bin/sh', [
        '-c',
        'kill "$(cat "$1/pid")"; while [ -e "$1/pid" ]; do sleep 0.1; done; umount -l "$1"/data/* "$1"/exec/* "$1"/exec/netns/* 2>/dev/null; true',
        'sh',
        base,
      ]);
      rmSync(base, { recursive: true, force: true });
    },
  };
}

await printIfMain(import.meta.url, compose);
