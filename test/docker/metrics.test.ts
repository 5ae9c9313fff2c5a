import { createServer, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { type TestApp, testApp } from '../helpers/app.ts';
import { engineForTests, type TestEngine } from '../helpers/engine.ts';

const engine = engineForTests();

const configFor = (host: string, more = ''): string =>
  `toolsets: [core, docker, metrics]\ndocker:\n  host: ${host}\n${more}`;

async function run({ docker }: TestEngine, name: string, options: object = {}): Promise<string> {
  const container = await docker.createContainer({
    Image: 'busy:1',
    Cmd: ['sleep', '1000'],
    name,
    ...options,
  });
  await container.start();
  return container.id;
}

/** The same engine as one elsewhere. */
async function overTcp({ host }: TestEngine): Promise<string> {
  const socket = host.slice('unix://'.length);
  const server = createServer((from) => {
    const to = connect(socket);
    from.pipe(to).pipe(from);
    for (const one of [from, to]) one.on('error', () => undefined);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  const address = server.address();
  return `tcp://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;
}

interface Row {
  readonly name: string;
  readonly health: string | null;
  readonly restarts: number | null;
  readonly now: Record<string, number>;
}
interface Result {
  readonly source: string;
  readonly containers: readonly Row[];
  readonly over_time: readonly { of: string; metric: string; samples: number; min: number; spark: string }[];
  readonly notes: readonly string[];
  readonly more: number;
}

const metricsOf = async (t: TestApp, input: object): Promise<Result> =>
  (await t.ask('get_metrics', input)).result as Result;

test('containers are measured from their groups, as the engine measures them', async () => {
  const e = await engine();
  const t = await testApp({ config: configFor(e.host) });
  await run(e, 'quiet', { HostConfig: { Memory: 64 * 1024 * 1024 } });
  const busy = await run(e, 'busy', {
    Cmd: ['sh', '-c', 'while true; do true; done'],
    HostConfig: { NanoCpus: 10_000_000 },
  });
  await run(e, 'probed', {
    Healthcheck: { Test: ['CMD', 'true'], Interval: 200_000_000, Timeout: 5_000_000_000, Retries: 1 },
  });
  await sleep(1500);
  let measured = await metricsOf(t, { of: 'containers' });
  // On a machine with much to do it may have got nothing in the moment of a measurement.
  const works = (): boolean =>
    measured.containers.some(({ name, now }) => name === 'busy' && (now['cpu_percent'] ?? 0) > 0);
  for (let tried = 0; tried < 20 && !works(); tried++) measured = await metricsOf(t, { of: 'containers' });
  const { source, containers, notes } = measured;
  expect(source).toMatch(/^cgroup_v[12]$/);
  expect(notes).toEqual([]);
  // The busiest first; on some machines that is the one whose probe begins a process again and again.
  const load = containers.map(({ now }) => now['cpu_percent'] ?? 0);
  expect(load).toEqual(load.toSorted((a, b) => b - a));
  const named = new Map(containers.map((row) => [row.name, row]));
  const [quiet, loud] = [named.get('quiet'), named.get('busy')];
  expect(quiet?.now).toMatchObject({ memory_limit_bytes: 64 * 1024 * 1024, pids: 1, oom_kills: 0 });
  expect(quiet?.now['cpu_percent']).toBeLessThan(5);
  expect(quiet?.restarts).toBe(0);
  // It may have a hundredth of a core, which it gets on any machine, and is kept from more.
  expect(loud?.now['cpu_percent']).toBeGreaterThan(0);
  expect(loud?.now['cpu_percent']).toBeLessThan(40);
  expect(loud?.now['throttled_percent']).toBeGreaterThan(5);
  expect(named.get('probed')?.health).toBe('healthy');
  const stats = (await t.ask('container_stats', { container: busy })).result as Record<string, number>;
  expect(Math.abs((stats['memory_bytes'] ?? 0) - (loud?.now['memory_bytes'] ?? 0))).toBeLessThan(2_000_000);
  const limited = await metricsOf(t, { of: 'containers', limit: 1 });
  expect([limited.containers.length, limited.more]).toEqual([1, 2]);
  const one = await metricsOf(t, { container: 'quiet' });
  expect(one.containers.map(({ name }) => name)).toEqual(['quiet']);
  await t.close();
});

test('over time there is what was put down, also of one that runs no more', async () => {
  const e = await engine();
  const t = await testApp({ config: configFor(e.host, 'metrics:\n  seconds: 1\n') });
  const id = await run(e, 'passing');
  const none = await metricsOf(t, { of: 'containers', since: '1h' });
  expect(none.over_time).toEqual([]);
  expect(none.notes.join()).toContain('serve --http');
  const monitor = await t.app.monitor(true);
  while (monitor.samples(0).length < 3) await sleep(100);
  await e.docker.getContainer(id).remove({ force: true });
  const { containers, over_time } = await metricsOf(t, { container: 'passing', since: '1h' });
  expect(containers).toEqual([]);
  const memory = over_time.find(({ metric }) => metric === 'memory_bytes');
  expect(memory?.samples).toBeGreaterThanOrEqual(2);
  expect(memory?.spark).toMatch(/[▁▂▃▄▅▆▇█]/);
  const host = await metricsOf(t, { since: '10m' });
  expect(host.over_time.map(({ metric }) => metric)).toContain('cpu_percent');
  await t.close();
  // Another process finds it again.
  const later = await testApp({ on: t });
  expect((await later.app.monitor(false)).samples(0).length).toBeGreaterThanOrEqual(3);
  await later.close();
});

test('an engine elsewhere is asked itself, by the same names, also over time', async () => {
  const e = await engine();
  const t = await testApp({ config: configFor(await overTcp(e), 'metrics:\n  seconds: 1\n') });
  await run(e, 'remote', {
    Cmd: ['sh', '-c', 'while true; do true; done'],
    HostConfig: { NanoCpus: 10_000_000, Memory: 64 * 1024 * 1024 },
  });
  const { source, containers } = await metricsOf(t, { container: 'remote' });
  expect(source).toBe('engine');
  const now = containers[0]?.now;
  expect(now).toMatchObject({ memory_limit_bytes: 64 * 1024 * 1024 });
  expect(now?.['memory_bytes']).toBeGreaterThan(0);
  expect(now?.['cpu_percent']).toBeGreaterThan(0);
  expect(now?.['cpu_percent']).toBeLessThan(40);
  expect(now?.['throttled_percent']).toBeGreaterThan(5);
  const monitor = await t.app.monitor(true);
  while (monitor.samples(0).length < 2) await sleep(100);
  const { over_time } = await metricsOf(t, { container: 'remote', since: '1h' });
  expect(over_time.map(({ metric }) => metric)).toContain('memory_bytes');
  const { sweep } = await monitor.sweep();
  expect(sweep.containers.get('remote')?.['cpu_seconds_total']).toBeGreaterThan(0);
  await t.close();
});

test.each(['here', 'elsewhere'])(
  'what is ended for want of memory is counted over its starts, of an engine %s',
  async (where) => {
    const e = await engine();
    const host = where === 'here' ? e.host : await overTcp(e);
    const t = await testApp({ config: configFor(host, 'metrics:\n  seconds: 1\n') });
    const monitor = await t.app.monitor(true);
    const [name, Memory] = [`eater-${where}`, 16 * 1024 * 1024];
    const id = await run(e, name, {
      // Each start is a control group of its own, that counts from nothing.
      Cmd: ['sh', '-c', 'sleep 1; dd if=/dev/zero of=/dev/null bs=100M count=1; exit 1'],
      HostConfig: { Memory, MemorySwap: Memory, RestartPolicy: { Name: 'always' } },
    });
    const told = async (): Promise<number> =>
      (await monitor.sweep()).sweep.containers.get(name)?.['oom_kills_total'] ?? 0;
    while ((await told()) < 2) await sleep(200);
    expect((await e.docker.getContainer(id).inspect()).RestartCount).toBeGreaterThanOrEqual(1);
    const most = async (): Promise<{ max: number } | undefined> =>
      (await metricsOf(t, { container: name, since: '1h' })).over_time.find(
        ({ metric }) => metric === 'oom_kills',
      ) as { max: number } | undefined;
    while (((await most())?.max ?? 0) < 2) await sleep(200);
    await e.docker.getContainer(id).remove({ force: true });
    await t.close();
  },
);

test('how often one was started anew is told now, over time and to a collector', async () => {
  const e = await engine();
  const t = await testApp({ config: configFor(e.host, 'metrics:\n  seconds: 1\n') });
  const id = await run(e, 'falling', {
    // It ends twice, and stays then.
    Cmd: [
      'sh',
      '-c',
      'cd /runs 2>/dev/null || mkdir /runs && cd /runs; ls two && exec sleep 1000; ls one && touch two; touch one; exit 1',
    ],
    HostConfig: { RestartPolicy: { Name: 'on-failure' } },
  });
  while ((await e.docker.getContainer(id).inspect()).RestartCount < 2) await sleep(100);
  const monitor = await t.app.monitor(true);
  while (monitor.samples(0).length < 1) await sleep(100);
  const asked = async (): Promise<Result> => metricsOf(t, { container: 'falling', since: '1h' });
  // They are asked for less often than the rest.
  while (!(await asked()).over_time.some(({ metric }) => metric === 'restarts')) await sleep(500);
  const { containers, over_time } = await asked();
  expect(containers[0]?.restarts).toBe(2);
  expect(over_time.find(({ metric }) => metric === 'restarts')).toMatchObject({ min: 2, max: 2 });
  const { sweep } = await monitor.sweep();
  expect(sweep.containers.get('falling')).toMatchObject({ restarts_total: 2 });
  await t.close();
});

test('health tells of services by their own probes and by the configured ones', async () => {
  const e = await engine();
  const web = createServer((socket) => socket.end());
  await new Promise<void>((listening) => web.listen(0, '127.0.0.1', listening));
  const address = web.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const t = await testApp({ config: configFor(e.host, `probes:\n  db: tcp://127.0.0.1:${port}\n`) });
  await run(e, 'ill', { Healthcheck: { Test: ['CMD', 'false'], Interval: 200_000_000, Retries: 1 } });
  const exits = (code: number): object => ({ Cmd: ['sh', '-c', `exit ${code}`] });
  await run(e, 'ended', exits(3));
  await run(e, 'done', exits(0));
  await run(e, 'looping', { ...exits(1), HostConfig: { RestartPolicy: { Name: 'always' } } });
  await e.docker.getContainer(await run(e, 'held')).pause();
  type Rows = { name: string; status: string; found: string }[];
  const ask = async (): Promise<{ healthy: boolean; homeostat: Rows; services: Rows }> =>
    (await t.ask('get_health')).result as never;
  let health = await ask();
  while (health.services.find(({ name }) => name === 'ill')?.status !== 'failing') {
    await sleep(100);
    health = await ask();
  }
  expect(health.healthy).toBe(false);
  expect(health.services.find(({ name }) => name === 'db')).toMatchObject({ status: 'ok' });
  const found = (wanted: string): string | undefined =>
    health.services.filter(({ name }) => name === wanted).map((row) => `${row.status} ${row.found}`)[0];
  const isAsSaid = (): boolean =>
    found('looping')?.startsWith('failing ends again and again') === true &&
    found('ended')?.startsWith('degraded') === true &&
    found('done') === undefined;
  while (!isAsSaid()) health = await ask();
  expect(found('ended')).toMatch(/^degraded does not run: Exited \(3\)/);
  expect(found('held')).toBe('degraded paused');
  expect(health.homeostat.map(({ name }) => name)).toEqual([
    'state',
    'audit',
    'disk',
    'sandbox',
    'engine',
    'hooks',
    'stop',
  ]);
  await t.act('emergency_stop');
  expect((await ask()).homeostat.find(({ name }) => name === 'stop')).toMatchObject({ status: 'degraded' });
  await t.close();
  web.close();
});

test('an engine that hangs is told of, and holds up nobody', async () => {
  const e = await engine();
  const t = await testApp({ config: configFor(e.host) });
  await run(e, 'behind-it');
  process.kill(e.pid(), 'SIGSTOP');
  onTestFinished(() => void process.kill(e.pid(), 'SIGCONT'));
  const began = performance.now();
  const monitor = await t.app.monitor(false);
  expect(await monitor.sweep()).toMatchObject({ reached: false, running: [] });
  const { homeostat } = (await t.ask('get_health')).result as { homeostat: object[] };
  expect(homeostat).toContainEqual({
    name: 'engine',
    status: 'failing',
    found: 'the engine has said nothing for 3 s',
  });
  expect((await metricsOf(t, { of: 'containers' })).notes.join()).toContain('said nothing');
  expect(performance.now() - began).toBeLessThan(30_000);
  process.kill(e.pid(), 'SIGCONT');
  expect((await metricsOf(t, { of: 'containers' })).notes).toEqual([]);
  await t.close();
});
