import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { ActionReport } from '../../src/core/outcome.ts';
import { testApp } from '../helpers/app.ts';
import { engineForTests } from '../helpers/engine.ts';
import { otherDefinitions } from '../../src/tools/compose/deploy/definitions.ts';
import { act, clear } from './cases.ts';
import { type StackApp, stackApp } from './stacks.ts';
import { worldOf } from './world.ts';

const engine = engineForTests();
const QUICK = { stable_seconds: 0.2 };
let t: StackApp;

afterEach(async () => {
  await t.close();
  const on = await engine();
  await clear(on);
  await on.docker.pruneNetworks();
});

/** A port that nothing has at the moment. */
const freePort = async (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

const NETWORKS = {
  networks: {
    front: { ipam: { config: [{ subnet: '10.94.11.0/24' }] } },
    back: { internal: true, driver_opts: { 'com.docker.network.bridge.name': 'hs-plan-back' } },
  },
};
const onBoth = { front: { aliases: ['www'], ipv4_address: '10.94.11.20' }, back: { aliases: ['deep'] } };

/** A server that is published, and one beside it that asks it by its alias. */
const services = (port: number, web: object = {}): Record<string, object> => ({
  web: {
    network_mode: undefined,
    networks: onBoth,
    ports: [`127.0.0.1:${port}:8080`],
    command: ['sh', '-c', 'echo one >/index.html; exec httpd -f -p 8080 -h /'],
    'x-homeostat': { probe: `http://127.0.0.1:${port}/index.html` },
    ...web,
  },
  side: {
    network_mode: undefined,
    networks: ['back'],
    depends_on: ['web'],
    command: [
      'sh',
      '-c',
      'until wget -qO /got http://deep:8080/index.html; do sleep 0.1; done; exec sleep 1000',
    ],
    healthcheck: { test: ['CMD', 'cat', '/got'], interval: '200ms', retries: 50 },
  },
});
/** What the published port answers, once the server behind it does. */
async function page(port: number): Promise<void> {
  const asked = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/index.html`)).text();
  await expect.poll(asked, { timeout: 5000 }).toBe('one\n');
}
const ended = (report: ActionReport, outcome: string): void =>
  expect(report, JSON.stringify(report.error)).toMatchObject({ outcome });
const endpoints = async (name: string): Promise<unknown> => {
  const { NetworkSettings } = await (await engine()).docker.getContainer(name).inspect();
  return Object.fromEntries(
    Object.entries(NetworkSettings.Networks).map(([network, { IPAddress, Aliases }]): [string, unknown] => [
      network,
      [IPAddress, ((Aliases ?? []) as string[]).filter((alias) => ['www', 'deep'].includes(alias))],
    ]),
  );
};

test('networks of its own and a published port: deployed, probed, undone, brought back, and rolled back where the probe fails', async () => {
  const on = await engine();
  const port = await freePort();
  t = await stackApp(on, 'shop');
  t.write(services(port), NETWORKS);
  const first = await t.deploy(QUICK);
  ended(first, 'succeeded');
  expect(first.effects?.diff).toContain('+ create network shop_front\n+ create network shop_back');
  await page(port);
  expect(await endpoints('shop_web_1')).toEqual({
    shop_front: ['10.94.11.20', ['www']],
    shop_back: [expect.any(String), ['deep']],
  });
  const then = await worldOf(on);
  // Another address, another alias, and a network less; over TCP this time.
  t.write(
    services(port, {
      networks: { front: { ipv4_address: '10.94.11.21' }, back: { aliases: ['deep', 'more'] } },
      'x-homeostat': { probe: `tcp://127.0.0.1:${port}` },
    }),
    NETWORKS,
  );
  const second = await t.deploy(QUICK);
  ended(second, 'succeeded');
  expect(second.effects?.diff).toBe(
    'stack shop\n~ recreate web (shop_web_1): networks.shop_front.ipv4_address: 10.94.11.20 → 10.94.11.21; networks.shop_back.aliases: deep → deep more; networks.shop_front.aliases: www → nothing\n  1 containers stay as they are\n',
  );
  const now = await worldOf(on);
  let last = second;
  for (const [expected, address] of [
    [then, '10.94.11.20'],
    [now, '10.94.11.21'],
  ] as const) {
    last = await act(t, 'rollback', { id: last.snapshot_id });
    ended(last, 'succeeded');
    expect(await worldOf(on)).toEqual(expected);
    expect(await endpoints('shop_web_1')).toMatchObject({ shop_front: [address, expect.any(Array)] });
    await page(port);
  }
  // Published, but nothing listens behind it.
  t.write(services(port, { command: ['sleep', '1000'] }), NETWORKS);
  const bad = await t.deploy({ ...QUICK, timeout_seconds: 5 });
  ended(bad, 'rolled_back');
  expect(bad.error?.message).toContain('probe_failed');
  expect(await worldOf(on)).toEqual(now);
  await page(port);
});

test('a port that somebody has is refused before anything is done, and one that is taken meanwhile is rolled back', async () => {
  const on = await engine();
  const port = await freePort();
  t = await stackApp(on, 'shop');
  t.write({ web: services(port, { networks: ['front'], 'x-homeostat': undefined })['web'] ?? {} }, FRONT);
  ended(await t.deploy(QUICK), 'succeeded');
  const then = await worldOf(on);
  const other = await freePort();
  const wanting = (taken: number): void =>
    t.write({ web: services(taken, { networks: ['front'], 'x-homeostat': undefined })['web'] ?? {} }, FRONT);
  const refused = async (says: string): Promise<void> => {
    wanting(other);
    const report = await t.deploy(QUICK);
    ended(report, 'denied');
    expect(report.error).toMatchObject({ code: 'compose_invalid', message: expect.stringContaining(says) });
    expect(await worldOf(on)).toEqual(then);
  };
  const program = createServer().listen(other, '127.0.0.1');
  await new Promise((resolve) => program.once('listening', resolve));
  await refused('which a program that is no container has: it cannot start. (port_taken)');
  await new Promise((resolve) => program.close(resolve));
  const foreign = await on.docker.createContainer({
    name: 'foreign',
    Image: 'busy:1',
    Cmd: ['sleep', '1000'],
    ExposedPorts: { '80/tcp': {} },
    HostConfig: {
      NetworkMode: 'shop_front',
      PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: String(other) }] },
    },
  });
  await foreign.start();
  const before = await worldOf(on);
  wanting(other);
  const report = await t.deploy(QUICK);
  ended(report, 'denied');
  expect(report.error?.message).toContain('which container foreign has');
  expect(await worldOf(on)).toEqual(before);
  await foreign.remove({ force: true });
  // Taken after the plan was made.
  const late = createServer();
  const racing = await testApp({
    on: t,
    trace: (step) => void (step === 'preserved' && !late.listening && late.listen(other, '127.0.0.1')),
  });
  const bad = await act(racing, 'deploy_stack', { ...PATHS, ...QUICK });
  ended(bad, 'rolled_back');
  expect(bad.error?.message).toMatch(/port_taken.*in use/s);
  expect(await worldOf(on)).toEqual(then);
  await page(port);
  await racing.close();
  await new Promise((resolve) => late.close(resolve));
});

const FRONT = { networks: { front: { ipam: { config: [{ subnet: '10.94.12.0/24' }] } } } };
const PATHS = { paths: ['shop/compose.yml'] };

test('an address outside of the network, or one that another has, is rolled back with its cause', async () => {
  const on = await engine();
  t = await stackApp(on, 'shop');
  const at = (address: string): Record<string, object> => ({
    web: { network_mode: undefined, networks: { front: { ipv4_address: address } } },
    side: { network_mode: undefined, networks: { front: { ipv4_address: '10.94.12.30' } } },
  });
  t.write(at('10.94.12.20'), FRONT);
  ended(await t.deploy(QUICK), 'succeeded');
  const then = await worldOf(on);
  for (const [address, says] of [
    ['10.200.0.1', /web: bad_address; .*does not belong to any/s],
    ['10.94.12.30', /web: bad_address; .*Address already in use/s],
  ] as const) {
    t.write(at(address), FRONT);
    const bad = await t.deploy(QUICK);
    ended(bad, 'rolled_back');
    expect(bad.error?.message).toMatch(says);
    expect(await worldOf(on)).toEqual(then);
    expect(await endpoints('shop_web_1')).toMatchObject({ shop_front: ['10.94.12.20', expect.any(Array)] });
  }
});

test('a network or a volume that is defined otherwise than it stands is refused, and drift', async () => {
  const on = await engine();
  t = await stackApp(on, 'shop');
  const web = { network_mode: undefined, networks: ['front'], volumes: ['data:/data'] };
  const define = (front: object | null, data: object | null): void =>
    t.write({ web }, { networks: { front }, volumes: { data } });
  const pool = (more: object): object => ({ ipam: { config: [{ subnet: '10.94.13.0/24', ...more }] } });
  define(pool({}), null);
  ended(await t.deploy(QUICK), 'succeeded');
  const then = await worldOf(on);
  const ways: [front: object | null, data: object | null, key: string, says: string][] = [
    [
      { ipam: { config: [{ subnet: '10.94.14.0/24' }] } },
      null,
      'networks.shop_front.subnet',
      '(10.94.13.0/24) than the files say (10.94.14.0/24)',
    ],
    [pool({ gateway: '10.94.13.9' }), null, 'networks.shop_front.gateway', 'network_changed'],
    [{ ...pool({}), internal: true }, null, 'networks.shop_front.internal', 'network_changed'],
    [{ driver: 'macvlan' }, null, 'networks.shop_front.driver', 'network_changed'],
    [
      { driver_opts: { 'com.docker.network.bridge.name': 'hs-x' } },
      null,
      'networks.shop_front.option com.docker.network.bridge.name',
      'network_changed',
    ],
    [
      pool({}),
      { driver_opts: { type: 'tmpfs', device: 'tmpfs' } },
      'volumes.shop_data.option type',
      'volume_changed',
    ],
    [pool({}), { driver: 'nfs' }, 'volumes.shop_data.driver', 'volume_changed'],
    [
      { ...pool({}), labels: { team: 'a' } },
      null,
      'networks.shop_front.label team',
      'another label team (none) than the files say (a)',
    ],
    [pool({}), { labels: ['team=a'] }, 'volumes.shop_data.label team', 'volume_changed'],
    [{ ...pool({}), enable_ipv6: true }, null, 'networks.shop_front.enable_ipv6', 'network_changed'],
  ];
  for (const [front, data, key, says] of ways) {
    define(front, data);
    const report = await t.deploy(QUICK);
    ended(report, 'denied');
    expect(report.error?.message).toContain(says);
    const { result } = await t.ask('stack_drift', PATHS);
    expect(result).toMatchObject({
      same: false,
      differences: expect.arrayContaining([expect.objectContaining({ key })]),
    });
  }
  expect(await worldOf(on)).toEqual(then);
  // Of one that the files do not describe nothing can be another.
  define(null, { driver: 'local' });
  ended(await t.deploy(QUICK), 'succeeded');
  expect(await worldOf(on)).toEqual(then);
  define({ internal: true }, null);
  ended(await t.deploy({ verb: 'remove' }), 'succeeded');
});

test('labels that the files have no longer, and a network that is not attachable, are told; what somebody added by hand is not', () => {
  const network = {
    Driver: 'bridge',
    Internal: false,
    Attachable: false,
    EnableIPv6: false,
    IPAM: {},
    Options: {},
  };
  const found = (project: string | null, labels: Record<string, string>): object => ({
    name: 'shop_front',
    project,
    labels,
    network,
  });
  const keys = (body: object, standing: object): string[] => {
    const model = {
      project: 'shop',
      services: [{ name: 'web', body: { networks: ['front'] } }],
      sections: { networks: { front: body } },
    } as unknown as Parameters<typeof otherDefinitions>[0];
    const there = { networks: [standing], volumes: [] } as unknown as Parameters<typeof otherDefinitions>[1];
    return otherDefinitions(model, there).map(({ key }) => key);
  };
  const own = { 'com.docker.compose.project': 'shop' };
  expect(keys({}, found('shop', own))).toEqual([]);
  expect(keys({}, found('shop', { ...own, team: 'a' }))).toEqual(['label team']);
  expect(keys({ labels: { team: 'a' } }, found('shop', { ...own, team: 'a' }))).toEqual([]);
  expect(keys({ labels: ['team=b'] }, found(null, { team: 'a' }))).toEqual(['label team']);
  expect(keys({}, found(null, { team: 'a' }))).toEqual([]);
  expect(keys({ attachable: true }, found('shop', own))).toEqual(['attachable']);
  expect(keys({ attachable: false }, found('shop', own))).toEqual([]);
});

test('a name of its own is shown, given and taken back; one that another has is refused', async () => {
  const on = await engine();
  t = await stackApp(on, 'shop');
  t.write({ web: {}, side: {} });
  ended(await t.deploy(QUICK), 'succeeded');
  const then = await worldOf(on);
  const foreign = await on.docker.createContainer({ name: 'foreign', Image: 'busy:1', Cmd: ['true'] });
  t.write({ web: { container_name: 'foreign' }, side: {} });
  const refused = await t.deploy(QUICK);
  ended(refused, 'denied');
  expect(refused.error?.message).toContain('container_name_taken');
  await foreign.remove();
  t.write({ web: { container_name: 'www' }, side: {} });
  const done = await t.deploy(QUICK);
  ended(done, 'succeeded');
  expect(done.effects?.diff).toContain('~ recreate web (shop_web_1): container_name: nothing → www');
  const named = async (): Promise<string[]> =>
    (await on.docker.listContainers()).map(({ Names }) => String(Names[0])).toSorted();
  expect(await named()).toEqual(['/shop_side_1', '/www']);
  expect((await t.deploy({ dry_run: true })).effects?.diff).toBe(
    'stack shop\n  2 containers stay as they are\n',
  );
  ended(await act(t, 'rollback', { id: done.snapshot_id }), 'succeeded');
  expect(await worldOf(on)).toEqual(then);
});
