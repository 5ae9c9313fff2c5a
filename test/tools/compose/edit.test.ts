import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ActionReport } from '../../../src/core/outcome.ts';
import { type TestApp, testApp } from '../../helpers/app.ts';

let t: TestApp;
beforeAll(async () => {
  t = await testApp({ config: 'toolsets: [core, compose]\nlimits: {held_actions: 100}\n' });
});
afterAll(async () => t.close());

let number = 0;
/** A project folder of its own with a file in it; answers the file's path below the root. */
function project(text: string | Buffer, others: Record<string, string> = {}): string {
  const folder = `p${(number += 1)}`;
  mkdirSync(join(t.root, folder, 'data'), { recursive: true });
  for (const [name, content] of Object.entries(others)) writeFileSync(join(t.root, folder, name), content);
  writeFileSync(join(t.root, folder, 'compose.yml'), text);
  return `${folder}/compose.yml`;
}

const edit = async (path: string, ...operations: object[]): Promise<ActionReport> =>
  t.act('edit_compose', { path, operations });
const now = (path: string): string => readFileSync(join(t.root, path), 'utf8');

const WEB = 'services:\n  web:\n    image: nginx:1\n';
const web = (op: string, more: object): object => ({ op, service: 'web', ...more });

test('several operations are one change, and one undo takes it back', async () => {
  const path = project(WEB);
  const done = await edit(
    path,
    web('set_image', { image: 'nginx:2' }),
    web('set_env', { name: 'A', value: 'b' }),
    web('set_env', { name: 'C', value: null }),
    web('set_depends_on', { name: 'db', condition: 'service_healthy' }),
    { op: 'add_service', service: 'db', definition: { image: 'postgres:16' } },
  );
  expect(done).toMatchObject({ outcome: 'succeeded', error: null });
  expect(now(path)).toBe(
    'services:\n  web:\n    image: nginx:2\n    environment:\n      A: b\n      C:\n    depends_on:\n      db:\n' +
      '        condition: service_healthy\n  db:\n    image: postgres:16\n',
  );
  expect(await t.act('rollback', { id: done.snapshot_id })).toMatchObject({ outcome: 'succeeded' });
  expect(now(path)).toBe(WEB);
});

test('an operation that fails leaves the others undone', async () => {
  const path = project(WEB);
  const done = await edit(path, web('set_image', { image: 'b' }), web('remove_env', { name: 'NONE' }));
  expect(done).toMatchObject({ outcome: 'denied', error: { code: 'edit_refused' } });
  expect(now(path)).toBe(WEB);
});

const SHARED = 'x-env: &env\n  A: b\nservices:\n  web:\n    image: i\n    environment: *env\n';
const MERGED = 'x-base: &base\n  image: i\n  environment: {A: b}\nservices:\n  web:\n    <<: *base\n';

describe('what is refused, and says why', () => {
  test.each([
    ['a key below an alias', SHARED, web('set_env', { name: 'X', value: 'y' }), 'alias *env'],
    ['a mapping that comes by <<', MERGED, web('set_env', { name: 'X', value: 'y' }), 'comes from &base'],
    ['taking out what comes by <<', MERGED, web('remove_field', { name: 'image' }), 'comes from &base'],
    [
      'a value that others share by its anchor',
      'services:\n  web:\n    image: i\n    labels: &l\n      a: b\n  db:\n    image: i\n    labels: *l\n',
      web('set_label', { name: 'c', value: 'd' }),
      'would change too',
    ],
    ['several documents', `${WEB}---\n${WEB}`, web('set_image', { image: 'x' }), 'document'],
    ['an unknown service', WEB, { op: 'set_image', service: 'nobody', image: 'x' }, 'there are: web'],
    ['a service that is there', WEB, { op: 'add_service', service: 'web', definition: {} }, 'already'],
    ['no name of a service', WEB, { op: 'add_service', service: 'a\n  b', definition: {} }, 'no name'],
    [
      'a service that others need',
      `${WEB}  db:\n    image: p\n    depends_on: [web]\n`,
      { op: 'remove_service', service: 'web' },
      'db depends on web',
    ],
    ['a list', '- a\n', web('set_image', { image: 'x' }), 'no Compose file'],
    [
      'an explicit key',
      'services:\n  web:\n    ? image\n    : a\n    tty: true\n',
      web('remove_field', { name: 'image' }),
      'line',
    ],
  ])('%s', async (_, text, operation, why) => {
    const path = project(text);
    const done = await edit(path, operation);
    expect(done).toMatchObject({ outcome: 'denied', error: { code: 'edit_refused' } });
    expect(done.error?.message).toContain(why);
    expect(now(path)).toBe(text);
  });

  test.each([
    ['broken YAML', 'services: {web: [\n'],
    ['a key that stands twice', 'services:\n  a: {}\n  a: {}\n'],
    ['a carriage return by itself', 'services:\r  web: {}\r'],
    ['bytes that are no UTF-8', Buffer.from([0x73, 0xff, 0xfe])],
    ['an anchor that is nowhere', 'services:\n  web: *none\n'],
    ['an anchor within itself', 'services: &s\n  web: *s\n'],
  ])('%s', async (_, text) => {
    const path = project(text);
    const code = expect.stringMatching(/^(unreadable_yaml|too_large)$/) as string;
    expect(await edit(path, web('set_image', { image: 'x' }))).toMatchObject({
      outcome: 'denied',
      error: { code },
    });
  });
});

test('a value that came by << is written out, with a word about it', async () => {
  const path = project(MERGED);
  const done = await edit(path, web('set_image', { image: 'mine' }));
  expect(done).toMatchObject({ outcome: 'succeeded' });
  expect(done.effects?.note).toContain('came from &base');
  expect(now(path)).toBe(`${MERGED}    image: mine\n`);
});

test('one of several documents is edited where it is named', async () => {
  const path = project(`${WEB}---\n${WEB}`);
  await t.act('edit_compose', { path, document: 2, operations: [web('set_image', { image: 'x' })] });
  expect(now(path)).toBe(`${WEB}---\n${WEB.replace('nginx:1', 'x')}`);
});

describe('Traefik', () => {
  test('a route is a handful of labels in the form that stands there', async () => {
    const path = project(`${WEB}    labels:\n      - "a=b"\n`);
    const route = {
      router: 'web',
      rule: 'Host(`a.example`)',
      entrypoints: ['websecure'],
      tls: true,
      port: 8080,
    };
    expect(await edit(path, web('set_route', route))).toMatchObject({ outcome: 'succeeded' });
    expect(now(path).slice(WEB.length)).toBe(
      [
        '    labels:',
        '      - "a=b"',
        '      - "traefik.enable=true"',
        '      - "traefik.http.routers.web.rule=Host(`a.example`)"',
        '      - "traefik.http.routers.web.entrypoints=websecure"',
        '      - "traefik.http.routers.web.tls=true"',
        '      - "traefik.http.services.web.loadbalancer.server.port=8080"',
        '',
      ].join('\n'),
    );
    expect(await edit(path, web('remove_route', { name: 'web' }))).toMatchObject({ outcome: 'succeeded' });
    expect(now(path).slice(WEB.length)).toBe('    labels:\n      - "a=b"\n      - "traefik.enable=true"\n');
  });
});

describe('the agent as adversary', () => {
  test.each([
    [
      'the engine’s socket',
      web('add_volume', { value: '/var/run/docker.sock:/s' }),
      'compose-host-control',
      'CRITICAL',
    ],
    [
      'the socket, long form',
      web('add_volume', { value: { type: 'bind', source: '/run/docker.sock', target: '/s' } }),
      'compose-host-control',
      'CRITICAL',
    ],
    [
      'the socket’s folder',
      web('add_volume', { value: '/var/run:/r:ro' }),
      'compose-host-control',
      'CRITICAL',
    ],
    [
      'the socket by a key',
      web('set_field', { name: 'use_api_socket', value: true }),
      'compose-host-control',
      'CRITICAL',
    ],
    ['the whole host', web('add_volume', { value: '/:/h:ro' }), 'compose-host-control', 'CRITICAL'],
    [
      'the whole host, from afar',
      web('add_volume', { value: './../../../../../../../../:/h' }),
      'compose-host-control',
      'CRITICAL',
    ],
    [
      'by a default',
      web('add_volume', { value: '${NONE:-/var/run/docker.sock}:/s' }),
      'compose-host-control',
      'CRITICAL',
    ],
    [
      'by a nested default',
      web('add_volume', { value: '${A:-${B:-/etc}}:/e' }),
      'compose-host-control',
      'CRITICAL',
    ],
    [
      'by a volume',
      {
        op: 'define',
        section: 'volumes',
        name: 'v',
        definition: { driver_opts: { type: 'none', o: 'bind', device: '/' } },
      },
      'compose-host-control',
      'CRITICAL',
    ],
    ['a folder elsewhere', web('add_volume', { value: '/srv/other:/o' }), 'compose-host-mount', 'HIGH'],
    ['a home', web('add_volume', { value: '~/x:/o' }), 'compose-host-mount', 'HIGH'],
    ['a hidden variable', web('add_volume', { value: '${SECRET}:/o' }), 'compose-host-mount', 'HIGH'],
    [
      'a secret',
      { op: 'define', section: 'secrets', name: 's', definition: { file: '/opt/x' } },
      'compose-host-mount',
      'HIGH',
    ],
    ['privileged', web('set_field', { name: 'privileged', value: true }), 'compose-privileged', 'HIGH'],
    [
      'privileged, as a text',
      web('set_field', { name: 'privileged', value: 'yes' }),
      'compose-privileged',
      'HIGH',
    ],
    ['the host’s processes', web('set_field', { name: 'pid', value: 'host' }), 'compose-privileged', 'HIGH'],
    [
      'the host’s network',
      web('set_field', { name: 'network_mode', value: '${X:-host}' }),
      'compose-privileged',
      'HIGH',
    ],
    [
      'a capability',
      web('set_field', { name: 'cap_add', value: ['SYS_ADMIN'] }),
      'compose-privileged',
      'HIGH',
    ],
    [
      'no seccomp',
      web('set_field', { name: 'security_opt', value: ['seccomp:unconfined'] }),
      'compose-privileged',
      'HIGH',
    ],
    [
      'a device',
      web('set_field', { name: 'devices', value: ['/dev/sda:/dev/sda'] }),
      'compose-privileged',
      'HIGH',
    ],
    [
      'a program on the host',
      web('set_field', { name: 'provider', value: { type: 'x' } }),
      'compose-privileged',
      'HIGH',
    ],
    [
      'within a new service',
      { op: 'add_service', service: 'n', definition: { image: 'i', privileged: true } },
      'compose-privileged',
      'HIGH',
    ],
    [
      'by extends',
      web('set_field', { name: 'extends', value: { service: 'strong' } }),
      'compose-privileged',
      'HIGH',
    ],
    [
      'by a file that cannot be read',
      web('set_field', { name: 'extends', value: { file: '/etc/x.yml', service: 's' } }),
      'compose-host-mount',
      'HIGH',
    ],
    [
      'another image where there is power',
      { op: 'set_image', service: 'strong', image: 'evil' },
      'compose-powerful-service',
      'HIGH',
    ],
  ])('%s is asked about', async (_, operation, rule, level) => {
    const path = project(`${WEB}  strong:\n    image: i\n    cap_add: [ALL]\n`, { '.env': 'SECRET=/etc\n' });
    const before = now(path);
    const assessed = await t.ask('assess_action', {
      tool: 'edit_compose',
      input: { path, operations: [operation] },
    });
    expect(JSON.stringify(assessed.result)).toContain(rule);
    const done = await edit(path, operation);
    expect(done).toMatchObject({ outcome: 'held', risk: { level } });
    expect(done.risk?.factors.map((one) => one.rule)).toContain(rule);
    expect(now(path)).toBe(before);
  });

  test('what is harmless is not asked about', async () => {
    const path = project(`${WEB}  strong:\n    image: i\n    privileged: true\n`);
    const done = await edit(
      path,
      web('add_volume', { value: './data:/data' }),
      web('add_volume', { value: 'named:/n' }),
      { op: 'define', section: 'volumes', name: 'named' },
      { op: 'set_label', service: 'strong', name: 'a', value: 'b' },
    );
    expect(done).toMatchObject({ outcome: 'succeeded', risk: { level: 'LOW' } });
  });

  test.each([
    'x\n    privileged: true',
    '"\n    privileged: true',
    "a' b",
    '*web',
    '&a',
    '!!python/x',
    '{a: b}',
    '- x',
    '# no',
    '\u0000\u0007\u001B[31m',
    '\u2028x',
    ' lead',
    'trail ',
    '<<',
    '%YAML 1.1',
    '---',
    '...',
    '@at',
    '`tick`',
    '\t',
    '',
  ])('the value %j is a value and nothing else', async (value) => {
    const path = project(WEB);
    const done = await edit(path, web('set_env', { name: 'A', value }), web('set_env', { name: 'B', value }));
    expect(done).toMatchObject({ outcome: 'succeeded' });
    const read = await t.ask('read_compose', { paths: [path] });
    const { values } = read.result as { values: { key: string; value: string }[] };
    expect(values.map(({ key }) => key)).toEqual([
      'services.web.image',
      'services.web.environment.A',
      'services.web.environment.B',
    ]);
  });

  test.each(['a\n    privileged', 'x: y', '<<', '&a', '"q"', '#', '? k', 'on'])(
    'so is the key %j',
    async (name) => {
      const path = project(WEB);
      const done = await edit(path, web('set_label', { name, value: 'v' }));
      if (name.includes('\n')) expect(done).toMatchObject({ error: { code: 'edit_refused' } });
      else expect(done).toMatchObject({ outcome: 'succeeded' });
      expect(now(path)).not.toMatch(/^\s*privileged/m);
    },
  );

  test('an alias bomb, deep nesting and a huge file are refused at once', async () => {
    const bomb = ['x-0: &a0 [a, a, a, a, a, a, a, a, a, a]'];
    for (let at = 1; at < 12; at++)
      bomb.push(`x-${at}: &a${at} [${Array.from({ length: 10 }, () => `*a${at - 1}`).join(', ')}]`);
    for (const text of [
      `${bomb.join('\n')}\n${WEB}`,
      `x: ${'['.repeat(50_000)}\n`,
      `# ${'x'.repeat(600_000)}\n${WEB}`,
    ])
      expect(await edit(project(text), web('set_image', { image: 'x' }))).toMatchObject({
        outcome: 'denied',
        error: { code: 'too_large' },
      });
  });

  test('neither a path outside, a link that leads there, nor a secret is read', async () => {
    const path = project(WEB, { '.env': 'services: {}\n' });
    symlinkSync('/etc/hostname', join(t.root, 'out.yml'));
    const operation = web('set_image', { image: 'x' });
    expect(await edit('/etc/hostname', operation)).toMatchObject({ error: { code: 'outside_roots' } });
    expect(await edit('out.yml', operation)).toMatchObject({ error: { code: 'outside_roots' } });
    expect(await edit(path.replace('compose.yml', '.env'), operation)).toMatchObject({
      error: { code: 'secret_path' },
    });
    for (const tool of ['read_compose', 'validate_compose']) {
      expect(await t.ask(tool, { paths: ['out.yml'] })).toMatchObject({ error: { code: 'outside_roots' } });
      expect(await t.ask(tool, { paths: [path.replace('compose.yml', '.env')] })).toMatchObject({
        error: { code: 'secret_path' },
      });
    }
  });
});
