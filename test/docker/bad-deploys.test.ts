import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { engineForTests } from '../helpers/engine.ts';
import { folders } from '../helpers/scratch.ts';
import { sql } from '../helpers/sql.ts';
import { clear } from './cases.ts';
import { CONFIG, type StackApp, stackApp } from './stacks.ts';
import { worldOf } from './world.ts';

interface Bad {
  readonly name: string;
  /** How `web` is changed; `services` adds or replaces others. */
  readonly web?: object;
  readonly services?: Record<string, object>;
  readonly more?: object;
  readonly input?: object;
  /** Where it shows: before anything is touched, or when it is there. */
  readonly refused?: string;
  readonly cause: string;
  /** What the answer says beside the cause. */
  readonly says?: RegExp;
}

const VOLUMES = { volumes: { data: {} } };
const often = { interval: '200ms', timeout: '5s', retries: 2 };
const shell = (line: string): object => ({ command: ['sh', '-c', line] });
const port = await new Promise<number>((resolve) => {
  const server = createServer().listen(0, '0.0.0.0', () => resolve((server.address() as AddressInfo).port));
  server.unref();
});

const BAD: readonly Bad[] = [
  {
    name: 'wrong command',
    web: { command: ['nothing'] },
    cause: 'bad_command',
    says: /"nothing": executable file not found/,
  },
  { name: 'bad entrypoint', web: { entrypoint: ['/no/such'] }, cause: 'bad_command', says: /no such file/ },
  {
    name: 'exit at once',
    web: shell('echo no licence; exit 3'),
    cause: 'exited',
    says: /exit code 3; last lines: no licence/,
  },
  {
    name: 'failing health',
    web: { healthcheck: { test: ['CMD-SHELL', 'echo sick; exit 1'], ...often } },
    cause: 'unhealthy',
    says: /its health check said: sick/,
  },
  {
    name: 'health command missing',
    web: { healthcheck: { test: ['CMD', 'curl', 'x'], ...often } },
    cause: 'health_command_missing',
    says: /curl/,
  },
  {
    name: 'port taken',
    web: { network_mode: 'host', command: ['httpd', '-f', '-p', String(port)] },
    cause: 'port_taken',
    says: /in use/i,
  },
  {
    name: 'crash loop',
    web: { restart: 'always', ...shell('echo again; exit 1') },
    cause: 'crash_loop',
    says: /last lines: again/,
  },
  {
    name: 'out of memory',
    web: { mem_limit: '8m', memswap_limit: '8m', ...shell('dd if=/dev/zero of=/dev/null bs=100M') },
    cause: 'out_of_memory',
  },
  {
    name: 'read-only violated',
    web: { read_only: true, ...shell('touch /written') },
    cause: 'read_only',
    says: /Read-only file system/,
  },
  {
    name: 'slow start',
    web: { healthcheck: { test: 'false', interval: '10s', start_period: '60s' } },
    input: { timeout_seconds: 6 },
    cause: 'too_slow',
    says: /starting/,
  },
  {
    name: 'healthy, then crash',
    web: { healthcheck: { test: 'true', ...often }, ...shell('sleep 1; exit 5') },
    input: { stable_seconds: 2 },
    cause: 'exited',
    says: /exit code 5/,
  },
  {
    name: 'health check that hangs',
    web: { healthcheck: { test: 'sleep 100', interval: '100ms', timeout: '400ms', retries: 2 } },
    cause: 'unhealthy',
    says: /its health check said: Health check exceeded timeout/,
  },
  {
    name: 'dependency never healthy',
    web: { depends_on: { late: { condition: 'service_healthy' } } },
    services: { late: { healthcheck: { test: 'false', ...often } } },
    cause: 'unhealthy',
    says: /late/,
  },
  {
    name: 'dependency that does not end well',
    web: { depends_on: { job: { condition: 'service_completed_successfully' } } },
    services: { job: shell('echo migration 7 failed; exit 4') },
    cause: 'exited',
    says: /job: exited.*exit code 4.*migration 7 failed/s,
  },
  {
    name: 'probe that nothing answers',
    input: { probes: { web: 'http://127.0.0.1:9/' }, timeout_seconds: 8 },
    web: { environment: { NEW: '1' } },
    cause: 'probe_failed',
  },
  {
    name: 'network missing',
    web: { network_mode: undefined, networks: ['there'] },
    more: { ...VOLUMES, networks: { there: { external: true, name: 'not-there' } } },
    refused: 'compose_invalid',
    cause: 'network_missing',
    says: /network not-there is external and is not there/,
  },
  {
    name: 'volume of another driver',
    web: { environment: { A: '2' } },
    more: { volumes: { data: { driver: 'nosuch' } } },
    refused: 'compose_invalid',
    cause: 'volume_changed',
    says: /volume shop_data stands with another driver \(local\)/,
  },
  {
    name: 'volume that cannot be mounted',
    web: { volumes: ['new:/new'] },
    more: { volumes: { data: {}, new: { driver_opts: { type: 'nosuch', device: 'nosuch' } } } },
    cause: 'volume_failed',
    says: /failed to mount local volume/,
  },
  {
    name: 'device that is not there',
    web: { devices: ['/dev/not-there:/dev/x'] },
    cause: 'mount_failed',
    says: /not-there/,
  },
  {
    name: 'image that is not here',
    web: { image: 'nowhere:1' },
    refused: 'not_found',
    cause: 'image_missing',
    says: /nowhere:1/,
  },
  {
    name: 'missing variable',
    web: { environment: { A: '${NOT_SET}' } },
    refused: 'compose_invalid',
    cause: 'unset_variable',
    says: /NOT_SET/,
  },
  {
    name: 'missing required variable',
    web: { environment: { A: '${NOT_SET:?}' } },
    refused: 'compose_invalid',
    cause: 'unset_variable',
  },
  {
    name: 'invalid file',
    web: { comand: 'x' },
    refused: 'compose_invalid',
    cause: 'unknown_key',
    says: /compose\.yml:\d+/,
  },
  {
    name: 'cyclic depends_on',
    web: { depends_on: ['db'] },
    services: { db: { depends_on: ['web'] } },
    refused: 'compose_invalid',
    cause: 'dependency_cycle',
  },
  {
    name: 'missing bind source',
    web: { volumes: ['./not-there:/x'] },
    refused: 'compose_invalid',
    cause: 'bind_missing',
  },
  {
    name: 'missing env_file',
    web: { env_file: 'not-there.env' },
    refused: 'compose_invalid',
    cause: 'env_file_missing',
  },
  {
    name: 'undefined volume',
    web: { volumes: ['nothing:/x'] },
    refused: 'compose_invalid',
    cause: 'undefined_name',
  },
  {
    name: 'container name that another has',
    web: { container_name: 'foreign' },
    refused: 'compose_invalid',
    cause: 'container_name_taken',
    says: /foreign/,
  },
];

const engine = engineForTests();
const place = folders(CONFIG);
let t: StackApp;
let then: unknown;

const GOOD = {
  web: { environment: { A: '1' }, healthcheck: { test: 'true', ...often } },
  db: { volumes: ['data:/data'], ...shell('echo one >/data/one; echo two >/written; exec sleep 1000') },
};

beforeAll(async () => {
  const on = await engine();
  t = await stackApp(on, 'shop', place);
  await (
    await on.docker.createContainer({ name: 'foreign', Image: 'busy:1', Cmd: ['sleep', '1000'] })
  ).start();
  t.write(GOOD, VOLUMES);
  await t.deploy({ stable_seconds: 0.5 });
  then = await worldOf(on);
});

afterAll(async () => {
  await t.close();
  await clear(await engine());
  rmSync(place.base, { recursive: true, force: true });
});

/** A stack that fails again and again is left alone for a while, which is tested elsewhere. */
beforeEach(() => sql(place.home, 'DELETE FROM breakers'));

test.each(BAD)('$name: found, told, and what ran runs again', async (bad) => {
  const on = await engine();
  const others = { db: { ...GOOD.db, ...bad.services?.['db'] } };
  t.write({ ...bad.services, ...others, web: { ...GOOD.web, ...bad.web } }, bad.more ?? VOLUMES);
  const report = await t.deploy({ stable_seconds: 0.3, ...bad.input });
  expect(report.outcome, JSON.stringify(report.error)).toBe(
    bad.refused === undefined ? 'rolled_back' : 'denied',
  );
  expect(report.error?.code).toBe(bad.refused ?? 'deploy_failed');
  expect(report.error?.message).toContain(bad.cause);
  const { failures = [] } = (report.result ?? {}) as { failures?: { cause: string }[] };
  expect(failures.map(({ cause }) => cause)).toEqual(
    bad.refused === undefined ? expect.arrayContaining([bad.cause]) : [],
  );
  if (bad.says !== undefined) expect(report.error?.message).toMatch(bad.says);
  expect(await worldOf(on)).toEqual(then);
});

test('what ran before is still what the files said, so that there is nothing to do', async () => {
  t.write(GOOD, VOLUMES);
  expect(await t.deploy()).toMatchObject({ outcome: 'succeeded', result: { changed: [] } });
});
