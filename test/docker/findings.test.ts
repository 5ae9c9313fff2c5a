import { createSocket } from 'node:dgram';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ListedContainer, Listening } from '../../src/core/engine.ts';
import { listening } from '../../src/host/listening.ts';
import { parseSource } from '../../src/tools/compose/document/source.ts';
import { treeOf } from '../../src/tools/compose/document/tree.ts';
import type { Project } from '../../src/tools/compose/resolve/project.ts';
import { checkEngine } from '../../src/tools/compose/validate/engine.ts';
import { engineForTests } from '../helpers/engine.ts';
import { folders } from '../helpers/scratch.ts';
import { act, clear } from './cases.ts';
import { CONFIG, type StackApp, stackApp } from './stacks.ts';

const engine = engineForTests();
const place = folders(`${CONFIG}limits: {held_actions: 200}\n`);
let t: StackApp;

const tcp = createServer().listen(0, '127.0.0.1');
const udp = createSocket('udp6');
await new Promise<void>((resolve) => {
  udp.bind(0, '::1', resolve);
});
const [TCP, UDP] = [(tcp.address() as AddressInfo).port, udp.address().port];

beforeAll(async () => {
  const on = await engine();
  t = await stackApp(on, 'shop', place);
  await on.docker.createContainer({ name: 'taken', Image: 'busy:1', Cmd: ['true'] });
});
afterAll(async () => {
  tcp.close();
  udp.close();
  await t.close();
  await clear(await engine());
  rmSync(place.base, { recursive: true, force: true });
});

interface Found {
  readonly code: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly operations: readonly object[];
}

const WEB = 'services:\n  web:\n    image: busy:1\n';
const CARE = '    healthcheck: {test: ["CMD", "true"]}\n    mem_limit: 64M\n';
const TWO = '  db:\n    image: busy:1\n';

/** Line 4 is the first of what is put below the service. */
const ROWS: readonly [
  what: string,
  code: string,
  text: string,
  at: [number, number],
  why: RegExp,
  edited: boolean,
][] = [
  [
    'a volume',
    'undefined_name',
    `${WEB}    volumes: ["data:/d"]\n`,
    [4, 15],
    /volumes does not define: Compose refuses/,
    true,
  ],
  ['a network', 'undefined_name', `${WEB}    networks: [front]\n`, [4, 16], /networks does not define/, true],
  ['a secret', 'undefined_name', `${WEB}    secrets: [s]\n`, [4, 15], /secrets does not define/, true],
  [
    'a config',
    'undefined_name',
    `${WEB}    configs: [{source: c}]\n`,
    [4, 15],
    /configs does not define/,
    true,
  ],
  [
    'what it depends on',
    'undefined_service',
    `${WEB}    depends_on: [db]\n`,
    [4, 18],
    /db, which is no service/,
    true,
  ],
  [
    'a circle',
    'dependency_cycle',
    `${WEB}    depends_on: [db]\n${TWO}    depends_on: [web]\n`,
    [7, 18],
    /none of them can start first/,
    true,
  ],
  [
    'a port twice in the file',
    'port_clash',
    `${WEB}    ports: ["81:80"]\n${TWO}    ports: ["81:80"]\n`,
    [7, 13],
    /only one of them can start/,
    true,
  ],
  [
    'a port of the host',
    'port_taken',
    `${WEB}    ports: ["${TCP}:80"]\n`,
    [4, 13],
    /a program that is no container has: it cannot start/,
    true,
  ],
  [
    'a port of the host, UDP and IPv6',
    'port_taken',
    `${WEB}    ports: ["[::1]:${UDP}:80/udp"]\n`,
    [4, 13],
    /no container has/,
    true,
  ],
  [
    'a name twice in the file',
    'container_name_clash',
    `${WEB}    container_name: x\n${TWO}    container_name: x\n`,
    [7, 21],
    /which web has/,
    true,
  ],
  [
    'a name of another container',
    'container_name_taken',
    `${WEB}    container_name: taken\n`,
    [4, 21],
    /of no project has: it cannot be made/,
    true,
  ],
  [
    'an image that is not here',
    'image_missing',
    'services:\n  web:\n    image: gone:1\n',
    [3, 12],
    /is not here.*pull: true/,
    false,
  ],
  [
    'a folder that is not there',
    'bind_missing',
    `${WEB}    volumes: ["./none:/d"]\n`,
    [4, 15],
    /an empty folder of root's/,
    true,
  ],
  [
    'a file of secrets',
    'bind_protected',
    `${WEB}    volumes: ["./.env:/d"]\n`,
    [4, 15],
    /holds secrets/,
    true,
  ],
  [
    'an env file that is not there',
    'env_file_missing',
    `${WEB}    env_file: [a.env, gone.env]\n`,
    [4, 23],
    /Compose refuses to start/,
    true,
  ],
  ['a variable', 'unset_variable', `${WEB}    user: "\${NONE}"\n`, [4, 11], /becomes an empty text/, false],
  ['a number in base 60', 'yaml_trap', `${WEB}    ports:\n    - 22:22\n`, [5, 7], /base 60/, true],
  ['an octal number', 'yaml_trap', `${WEB}    environment: {MODE: 0644}\n`, [4, 25], /octal|no text/, true],
  ['a truth value', 'yaml_trap', `${WEB}    environment: {A: yes}\n`, [4, 22], /truth value/, true],
  ['privileged mode', 'host_control', `${WEB}    privileged: true\n`, [4, 17], /has the host/, true],
  [
    'a capability',
    'privileged',
    `${WEB}    cap_add: [CHOWN, SYS_ADMIN]\n`,
    [4, 22],
    /cap_add SYS_ADMIN/,
    true,
  ],
  ['the host’s processes', 'privileged', `${WEB}    pid: host\n`, [4, 10], /pid: host/, true],
  [
    'the engine’s socket',
    'host_control',
    `${WEB}    volumes: ["/var/run/docker.sock:/s"]\n`,
    [4, 15],
    /has the host/,
    true,
  ],
  [
    'a folder of the host',
    'host_mount',
    `${WEB}    volumes: ["/srv/x:/x"]\n`,
    [4, 15],
    /outside the folders in which agents work/,
    true,
  ],
  [
    'the host’s network',
    'privileged',
    `${WEB}    networks: [n]\nnetworks:\n  n: {external: true, name: host}\n`,
    [6, 3],
    /network host/,
    false,
  ],
  [
    'no health check',
    'no_healthcheck',
    'services:\n  web:\n    image: postgres:16\n',
    [2, 3],
    /that it runs is all that can be told/,
    true,
  ],
  ['no health check that anybody knows', 'no_healthcheck', WEB, [2, 3], /that it runs/, false],
  ['no limits', 'no_limits', WEB, [2, 3], /all memory and processors/, true],
  [
    'an image with a variable that is not set',
    'image_invalid',
    'services:\n  web:\n    image: svc:${TAGX}\n',
    [3, 12],
    /"svc:" is no name/,
    false,
  ],
  [
    'an image with a variable that has to be set',
    'image_invalid',
    'services:\n  web:\n    image: svc:${TAGX:?need it}\n',
    [3, 12],
    /"svc:" is no name/,
    false,
  ],
  [
    'an image in capitals',
    'image_invalid',
    'services:\n  web:\n    image: SVC:1\n',
    [3, 12],
    /only its tag has capitals/,
    false,
  ],
  [
    'an image of no version',
    'floating_image',
    'services:\n  web:\n    image: busy\n',
    [3, 12],
    /from one pull to the next/,
    false,
  ],
];

let number = 0;

test.each(ROWS)(
  '%s: %s, where it stands, why, and an edit that mends it',
  async (_, code, text, [line, column], why, isEdited) => {
    const folder = `f${(number += 1)}`;
    mkdirSync(join(t.root, folder));
    for (const [name, content] of Object.entries({ 'compose.yml': text, '.env': 'X=1\n', 'a.env': '' }))
      writeFileSync(join(t.root, folder, name), content);
    const path = `${folder}/compose.yml`;
    const seen = async (): Promise<Found[]> => {
      const { result, error } = await t.ask('validate_compose', { paths: [path] });
      expect(error).toBeNull();
      return (result as { findings: Found[] }).findings;
    };
    const isIt = (one: Found): boolean => one.code === code && why.test(one.message);
    const found = (await seen()).find(isIt);
    expect(found, JSON.stringify(await seen())).toMatchObject({ file: path, line, column });
    expect(found?.operations.length).toBe(isEdited ? 1 : 0);
    if (!isEdited) return;
    const done = await act(t, 'edit_compose', { path, operations: found?.operations });
    expect(done, JSON.stringify(done.error)).toMatchObject({ outcome: 'succeeded' });
    expect((await seen()).filter(isIt)).toEqual([]);
  },
);

test('a deploy with an image of no name says so with its place, beside all else that is wrong', async () => {
  mkdirSync(join(t.root, 'nameless'));
  const text = 'services:\n  a: {image: "svc:${TAGX}"}\n  b: {image: SVC:1, depends_on: [c]}\n';
  writeFileSync(join(t.root, 'nameless', 'compose.yml'), text);
  const { error } = await act(t, 'deploy_stack', { paths: ['nameless/compose.yml'] });
  expect(error).toMatchObject({ code: 'compose_invalid' });
  for (const told of [
    /compose\.yml:2: .*image_invalid/,
    /compose\.yml:3: .*image_invalid/,
    /unset_variable/,
    /undefined_service/,
  ])
    expect(error?.message).toMatch(told);
});

test('a file that is right has none of them', async () => {
  mkdirSync(join(t.root, 'right'));
  writeFileSync(join(t.root, 'right', 'compose.yml'), `${WEB}${CARE}    ports: ["0:80"]\n`);
  const { result } = await t.ask('validate_compose', { paths: ['right/compose.yml'] });
  expect(result).toMatchObject({ findings: [], not_checked: [] });
});

test('a port of another project’s container is named, and one of its own is no clash', async () => {
  const source = parseSource(`${WEB}    ports: ["127.0.0.1:${TCP}:80", "90:90"]\n`, 'compose.yml');
  const [document] = source.documents;
  const project = { root: document && treeOf(document, source) } as Project;
  const row = {
    id: 'x',
    image: 'x',
    state: 'running',
    status: '',
    service: 's',
    labels: {},
    network_mode: 'none',
  } as const;
  const asked = async (rows: readonly ListedContainer[], free: readonly Listening[]): Promise<string[]> => {
    const found = await checkEngine(project, 'shop', {
      list: async () => [...rows],
      listening: () => free,
      imageId: async () => 'id',
    });
    return Array.isArray(found)
      ? found.map(({ severity, message }) => `${severity}: ${message}`)
      : [found.message];
  };
  const other = { ...row, name: 'b', project: 'b', ports: ['0.0.0.0:90->80/tcp'] };
  const own = { ...row, name: 'a', project: 'shop', ports: [`127.0.0.1:${TCP}->80/tcp`] };
  const waits = { protocol: 'tcp', address: '127.0.0.1', port: TCP } as const;
  expect(await asked([other], [])).toEqual([expect.stringMatching(/^error: .*container b has/)]);
  expect(await asked([own], [waits])).toEqual([]);
  // It may be its own container on the machine's network that listens there.
  expect(await asked([{ ...own, ports: [] }], [waits])).toEqual([
    expect.stringMatching(/^warning: .*no container/),
  ]);
});

test('what waits at a port is told with its address, and what is only connected is not', () => {
  const all = listening() ?? [];
  expect(all).toContainEqual({ protocol: 'tcp', address: '127.0.0.1', port: TCP });
  expect(all).toContainEqual({ protocol: 'udp', address: '::1', port: UDP });
  expect(listening('/nowhere')).toBeNull();
});
