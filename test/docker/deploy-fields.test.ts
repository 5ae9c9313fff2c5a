import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineForTests } from '../helpers/engine.ts';
import { folders } from '../helpers/scratch.ts';
import { clear } from './cases.ts';
import { CONFIG, type StackApp, stackApp } from './stacks.ts';

const engine = engineForTests();
const place = folders(CONFIG);
const QUICK = { stable_seconds: 0.2 };
const PATHS = { paths: ['shop/compose.yml'] };
let t: StackApp;

/** Something of everything that makes a container, and that this machine's engine can do. */
const EVERY = {
  network_mode: undefined,
  stop_grace_period: '1s',
  healthcheck: { test: 'true', interval: '500ms', timeout: '1m30s', retries: 3, start_period: '500ms' },
  networks: { front: { aliases: ['www', 'web'], ipv4_address: '10.93.7.5' }, back: null },
  ports: ['127.0.0.1:38411:80', '38412-38413:81-82/udp', '38414:83'],
  expose: ['9000', '9001-9002/udp'],
  environment: { A: '1', PATH: '/bin' },
  labels: { team: 'x' },
  ulimits: { nofile: { soft: 100, hard: 200 }, nproc: 65_535 },
  extra_hosts: ['a:10.0.0.1'],
  logging: { driver: 'json-file', options: { 'max-size': '1m', 'max-file': '3' } },
  sysctls: { 'net.core.somaxconn': 1024 },
  devices: ['/dev/null:/dev/nothing', '/dev/zero:/dev/z:r'],
  tmpfs: ['/scratch:size=1m,mode=1777', '/run/'],
  dns: '10.0.0.53',
  dns_search: ['x.example'],
  dns_opt: ['use-vc'],
  shm_size: '128m',
  stop_signal: 'SIGKILL',
  init: true,
  pid: 'host',
  ipc: 'shareable',
  security_opt: ['no-new-privileges:true'],
  group_add: ['7'],
  mem_limit: '64m',
  mem_reservation: '32m',
  memswap_limit: '96m',
  cpus: 0.5,
  cpu_shares: 512,
  cpuset: '0',
  pids_limit: 50,
  oom_score_adj: 100,
  cap_add: ['CAP_NET_ADMIN'],
  cap_drop: ['ALL'],
  tty: true,
  stdin_open: true,
  hostname: 'h',
  domainname: 'd',
  user: '0',
  working_dir: '/bin/',
  restart: 'on-failure:3',
  volumes: [
    '/unnamed',
    'data:/data/',
    './data:/mine:ro',
    { type: 'tmpfs', target: '/t', tmpfs: { size: 1_000_000 } },
  ],
  secrets: ['word'],
} as const;
/** What shares with another, and what says nothing at all. */
const OTHERS = {
  plain: { network_mode: undefined, deploy: { resources: { limits: { memory: '64m' } } } },
  side: { network_mode: 'service:web', ipc: 'service:web', depends_on: ['web'] },
  named: { container_name: 'its-own', entrypoint: ['sleep'], command: '1000' },
  twice: { scale: 2 },
  given: { image: 'furnished:1', command: undefined, environment: { A: '1' } },
};
const MORE = {
  networks: {
    front: { ipam: { config: [{ subnet: '10.93.7.0/24' }] }, internal: true },
    back: {},
  },
  volumes: { data: {} },
  secrets: { word: { file: './word.txt' } },
};

const write = (web: object = {}, others: object = {}, more: object = {}): void =>
  t.write({ web: { ...EVERY, ...web }, ...OTHERS, ...others }, { ...MORE, ...more });
const planned = async (): Promise<string> => {
  const report = await t.deploy({ dry_run: true });
  expect(report.outcome, JSON.stringify(report.error)).toBe('succeeded');
  return report.effects?.diff ?? '';
};
const drift = async (): Promise<unknown> => (await t.ask('stack_drift', PATHS)).result;

/** What an image gives each container that is made of it. */
const IMAGE = [
  'ENV A=1 B=2',
  'LABEL of=image',
  'USER 7',
  'WORKDIR /bin',
  'EXPOSE 80',
  'VOLUME /v',
  'HEALTHCHECK --interval=1s CMD true',
  'ENTRYPOINT ["sleep"]',
  'CMD ["1000"]',
];

beforeAll(async () => {
  const on = await engine();
  const plain = await on.docker.createContainer({ Image: 'busy:1', Cmd: ['true'], StopSignal: 'SIGKILL' });
  await plain.commit({ repo: 'furnished', tag: '1', changes: IMAGE.join('\n') });
  await plain.remove();
  t = await stackApp(on, 'shop', place);
  writeFileSync(join(t.folder, 'word.txt'), 'x');
  write();
  t.byHand('up', '-d');
});

afterAll(async () => {
  await t.close();
  await clear(await engine());
  rmSync(place.base, { recursive: true, force: true });
});

const STAYS = 'stack shop\n  7 containers stay as they are\n';

describe('a stack that somebody has brought up by hand', () => {
  test('is what the files say, so that nothing is made anew', async () => {
    expect(await planned()).toBe(STAYS);
    expect(await drift()).toMatchObject({ same: true, differences: [], not_compared: [] });
  });

  const changes: readonly [web: object, told: string][] = [
    [
      { healthcheck: { ...EVERY.healthcheck, test: 'false' } },
      'healthcheck.test: ["CMD-SHELL","true"] → ["CMD-SHELL","false"]',
    ],
    [{ healthcheck: { ...EVERY.healthcheck, interval: '0.5s', retries: 4 } }, 'healthcheck.retries: 3 → 4'],
    [{ healthcheck: { ...EVERY.healthcheck, timeout: '11s' } }, 'healthcheck.timeout: 90s → 11s'],
    [{ healthcheck: undefined }, 'healthcheck.test: ["CMD-SHELL","true"] → nothing'],
    [{ healthcheck: { disable: true } }, '→ ["NONE"]'],
    [
      { networks: { ...EVERY.networks, front: { aliases: ['www'] } } },
      'networks.shop_front.ipv4_address: 10.93.7.5 → nothing',
    ],
    [
      { networks: { ...EVERY.networks, front: { ipv4_address: '10.93.7.6' } } },
      'networks.shop_front.aliases: www → nothing',
    ],
    [{ networks: { back: null } }, 'networks.shop_front: joined → nothing'],
    [{ networks: undefined }, 'networks.shop_default: nothing → joined'],
    [{ networks: undefined, network_mode: 'none' }, 'network_mode: nothing → none'],
    [{ ports: EVERY.ports.slice(1) }, 'ports.127.0.0.1:38411->80/tcp: published → nothing'],
    [{ expose: ['9000'] }, 'expose.9001/udp: open → nothing'],
    [{ ulimits: { ...EVERY.ulimits, nproc: 100 } }, 'ulimits.nproc: 65535:65535 → 100:100'],
    [{ extra_hosts: { a: '10.0.0.2' } }, 'extra_hosts.a:10.0.0.2: nothing → known'],
    [{ logging: { driver: 'none' } }, 'logging.driver: json-file → none'],
    [{ logging: { options: { 'max-size': '2m', 'max-file': '3' } } }, 'logging.max-size: 1m → 2m'],
    [{ sysctls: ['net.core.somaxconn=512'] }, 'sysctls.net.core.somaxconn: 1024 → 512'],
    [{ devices: EVERY.devices.slice(1) }, 'devices./dev/nothing: /dev/null rwm → nothing'],
    [{ tmpfs: '/run' }, 'tmpfs./scratch: mode=1777,size=1m → nothing'],
    [{ dns: ['10.0.0.53', '10.0.0.54'] }, 'dns: 10.0.0.53 → 10.0.0.53 10.0.0.54'],
    [{ dns_search: undefined }, 'dns_search: x.example → nothing'],
    [{ dns_opt: ['rotate'] }, 'dns_opt: use-vc → rotate'],
    [{ shm_size: '64m' }, 'shm_size: 134217728 → nothing'],
    [{ stop_signal: 'SIGTERM' }, 'stop_signal: KILL → nothing'],
    [{ stop_grace_period: '1m' }, 'stop_grace_period: 1 → 60'],
    [{ init: false }, 'init: true → nothing'],
    [{ pid: undefined }, 'pid: host → nothing'],
    [{ ipc: 'host' }, 'ipc: nothing → host'],
    [{ security_opt: [] }, 'security_opt: no-new-privileges=true → nothing'],
    [{ group_add: ['7', '8'] }, 'group_add: 7 → 7 8'],
    [{ mem_reservation: undefined }, 'limits.memory_reservation: 33554432 → nothing'],
    [{ memswap_limit: undefined }, 'limits.swap: 100663296 → nothing'],
    [{ cpu_shares: 256 }, 'limits.cpu_shares: 512 → 256'],
    [{ cpuset: '0-1' }, 'limits.cpuset: 0 → 0-1'],
    [{ oom_score_adj: 0 }, 'oom_score_adj: 100 → nothing'],
    [{ cap_add: undefined }, 'cap_add: NET_ADMIN → nothing'],
    [{ tty: false }, 'tty: true → nothing'],
    [{ hostname: undefined }, 'hostname: h → nothing'],
    [{ domainname: 'e' }, 'domainname: d → e'],
    [{ working_dir: undefined }, 'working_dir: /bin → nothing'],
    [{ entrypoint: ['sleep'], command: undefined }, 'command: ["sleep","1000"] → nothing'],
    [{ container_name: 'other' }, 'container_name: nothing → other'],
    [{ volumes: EVERY.volumes.slice(1) }, 'mounts./unnamed: a volume without a name → nothing'],
    [{ volumes: [...EVERY.volumes.slice(0, 2), './data:/mine'] }, '(read-only) →'],
    [{ secrets: undefined }, 'mounts./run/secrets/word: '],
    [{ userns_mode: 'host' }, 'userns_mode: nothing → host'],
  ];

  test.each(changes)('%j: %s', async (web, told) => {
    write(web);
    const plan = await planned();
    expect(plan).toContain('~ recreate web (shop_web_1): ');
    expect(plan).toContain(told);
    expect(await drift()).toMatchObject({ same: false });
  });

  test('keeps what it has where more are wanted, and the first ones where fewer are', async () => {
    write({}, { twice: { scale: 3 }, side: { ...OTHERS.side, depends_on: [] } });
    expect(await planned()).toBe(
      'stack shop\n+ create twice: 3 wanted, 2 there\n  7 containers stay as they are\n',
    );
    write({}, { twice: { scale: 1 } });
    expect(await planned()).toBe(
      'stack shop\n- remove twice (shop_twice_2): 1 wanted, 2 there\n  6 containers stay as they are\n',
    );
  });

  test('a name of its own that goes is told', async () => {
    write({}, { named: { ...OTHERS.named, container_name: undefined } });
    expect(await planned()).toContain('~ recreate named (its-own): container_name: its-own → nothing');
  });

  test('what the image gives, and another entry point takes away, is told', async () => {
    const given = async (body: object): Promise<string> => {
      write({}, { given: { ...OTHERS.given, ...body } });
      return planned();
    };
    expect(await given({ entrypoint: ['sleep'] })).toContain('command: ["1000"] → nothing');
    expect(await given({ healthcheck: { disable: true } })).toContain(
      'healthcheck.test: ["CMD-SHELL","true"] → ["NONE"]',
    );
    expect(await given({ user: '8', stop_signal: 'SIGTERM' })).toContain(
      'user: 7 → 8; stop_signal: KILL → nothing',
    );
    expect(await given({ environment: {}, user: '7', expose: ['80'], volumes: ['/v'] })).toBe(STAYS);
  });

  test('what no container tells is said not to be compared', async () => {
    write({ links: ['plain'], logging: undefined, blkio_config: { weight: 300 } });
    expect(await planned()).toBe(
      'stack shop\n  not compared, since nothing tells what it was made with: web: links, web: blkio_config, web: logging.max-file, web: logging.max-size\n  7 containers stay as they are\n',
    );
    expect(await drift()).toMatchObject({ same: true, not_compared: expect.arrayContaining(['web: links']) });
  });
});

test('what homeostat itself has deployed is what the files say', async () => {
  write({ environment: { ...EVERY.environment, A: '2' }, links: ['plain'] });
  const done = await t.deploy(QUICK);
  expect(done, JSON.stringify(done.error)).toMatchObject({ outcome: 'succeeded' });
  expect(await planned()).toBe(STAYS);
  expect(await drift()).toMatchObject({ same: true, differences: [], not_compared: [] });
});

test('a network that somebody has joined or left by hand is drift, and a reason', async () => {
  const on = await engine();
  write({ environment: { ...EVERY.environment, A: '2' }, links: ['plain'] });
  await on.docker.getNetwork('shop_back').disconnect({ Container: 'shop_web_1' });
  await on.docker.getNetwork('shop_back').connect({ Container: 'shop_plain_1' });
  const { differences } = (await drift()) as { differences: object[] };
  expect(differences).toHaveLength(2);
  expect(differences).toEqual(
    expect.arrayContaining([
      { service: 'web', container: 'shop_web_1', key: 'networks.shop_back', file: 'joined', runs: null },
      { service: 'plain', container: 'shop_plain_1', key: 'networks.shop_back', file: null, runs: 'joined' },
    ]),
  );
  expect(await planned()).toContain('~ recreate plain (shop_plain_1): networks.shop_back: joined → nothing');
});
