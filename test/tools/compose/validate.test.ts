import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, testApp } from '../../helpers/app.ts';

let t: TestApp;
beforeAll(async () => {
  t = await testApp({ config: 'toolsets: [core, compose]\nlimits: {held_actions: 100}\n' });
});
afterAll(async () => t.close());

let number = 0;
function project(files: Record<string, string>): string {
  const folder = `p${(number += 1)}`;
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(t.root, folder, name)), { recursive: true });
    writeFileSync(join(t.root, folder, name), content);
  }
  return folder;
}

interface Found {
  code: string;
  severity: string;
  file: string;
  line: number;
  column: number;
  message: string;
  operations: object[];
}

async function validate(files: Record<string, string>, ...names: string[]): Promise<Found[]> {
  const folder = project(files);
  const paths = (names.length > 0 ? names : ['compose.yml']).map((name) => `${folder}/${name}`);
  const report = await t.ask('validate_compose', { paths });
  expect(report.error).toBeNull();
  return (report.result as { findings: Found[] }).findings;
}

const HEALTHY = '    healthcheck: {test: ["CMD", "true"]}\n    mem_limit: 64M\n';
const one = (rest: string, top = ''): Record<string, string> => ({
  'compose.yml': `services:\n  web:\n    image: nginx:1\n${HEALTHY}${rest}${top}`,
});

test('a file as the specification has it now has no findings', async () => {
  const files = {
    'compose.yml': [
      'name: stack',
      'include: [{path: inc/other.yml}]',
      'x-own: {anything: 1}',
      'services:',
      '  web:',
      '    image: nginx:1.25',
      '    healthcheck: {test: ["CMD", "true"], start_interval: 1s}',
      '    deploy: {resources: {limits: {memory: 64M}}}',
      '    depends_on: {db: {condition: service_healthy, restart: true}}',
      '    develop: {watch: [{action: sync, path: ., target: /x}]}',
      '    x-mine: true',
      '    models: [m]',
      '    volumes: ["data:/d", {type: image, source: busybox, target: /i}]',
      '    secrets: [{source: s, target: /run/x}]',
      'models: {m: {model: ai/x}}',
      'volumes: {data: }',
      'secrets: {s: {environment: S}}',
    ].join('\n'),
    'inc/other.yml': `services:\n  db:\n    image: postgres:16\n${HEALTHY}`,
  };
  expect(await validate(files)).toEqual([]);
});

test.each([
  ['unknown_key', one('    imagee: x\n'), 6],
  ['unknown_key', { 'compose.yml': `servces: {}\n${one('')['compose.yml']}` }, 1],
  ['wrong_value', one('    ports: {a: b}\n'), 6],
  ['wrong_value', one('    depends_on: {web2: {condition: nonsense}}\n', '  web2:\n    image: a:1\n'), 6],
  ['undefined_name', one('    networks: [front]\n'), 6],
  ['undefined_name', one('    volumes: ["data:/data"]\n'), 6],
  ['undefined_name', one('    secrets: [s]\n'), 6],
  ['undefined_name', one('    configs: [{source: c}]\n'), 6],
  ['undefined_service', one('    depends_on: [db]\n'), 6],
  ['undefined_service', one('    network_mode: service:db\n'), 6],
  ['dependency_cycle', one('    depends_on: [db]\n', '  db:\n    image: a:1\n    depends_on: [web]\n'), 9],
  [
    'port_clash',
    one('    ports: ["80:80"]\n', '  db:\n    image: a:1\n    ports: ["127.0.0.1:79-81:79-81"]\n'),
    9,
  ],
  [
    'container_name_clash',
    one('    container_name: x\n', '  db:\n    image: a:1\n    container_name: x\n'),
    9,
  ],
  ['container_name_scaled', one('    container_name: x\n    scale: 2\n'), 6],
  ['bind_missing', one('    volumes: ["./none:/none"]\n'), 6],
  ['bind_protected', { ...one('    volumes: ["./.env:/env"]\n'), '.env': 'A=b\n' }, 6],
  ['env_file_missing', one('    env_file: gone.env\n'), 6],
  ['unset_variable', one('    user: $NONE\n'), 6],
  ['unset_variable', one('    user: ${NONE:?must be set}\n'), 6],
  ['bad_variable', one('    user: ${}\n'), 6],
  ['yaml_trap', one('    ports:\n    - 22:22\n'), 7],
  ['yaml_trap', one('    environment:\n      A: yes\n'), 7],
  ['yaml_trap', one('    environment:\n      MODE: 0644\n'), 7],
  ['yaml_trap', one('    environment:\n      PYTHON: 3.10\n'), 7],
  ['host_control', one('    privileged: true\n'), 6],
  ['host_control', one('    volumes: ["/var/run/docker.sock:/var/run/docker.sock"]\n'), 6],
  ['host_mount', one('    volumes: ["/srv/x:/x"]\n'), 6],
  ['no_image', { 'compose.yml': 'services:\n  web:\n    tty: true\n' }, 2],
  ['no_healthcheck', { 'compose.yml': 'services:\n  web:\n    image: a:1\n' }, 2],
  ['no_limits', { 'compose.yml': 'services:\n  web:\n    image: a:1\n' }, 2],
  ['floating_image', { 'compose.yml': 'services:\n  web:\n    image: a\n' }, 3],
  ['unreadable_file', one('', 'include: [gone.yml]\n'), 6],
  [
    'include_conflict',
    { ...one('', 'include: [b.yml]\n'), 'b.yml': 'services: {web: {image: other:1}}\n' },
    2,
  ],
  ['unknown_service', one('    extends: {service: gone}\n'), 6],
  ['extends_cycle', one('    extends: {service: web}\n'), 6],
  [
    'unknown_middleware',
    one('    labels: ["traefik.http.routers.a.rule=Host(`a`)", "traefik.http.routers.a.middlewares=gone"]\n'),
    6,
  ],
  [
    'router_clash',
    one(
      '    labels: {traefik.http.routers.a.rule: Host(`a`)}\n',
      '  db:\n    image: a:1\n    labels: {traefik.http.routers.b.rule: Host(`a`)}\n',
    ),
    9,
  ],
  [
    'router_twice',
    one(
      '    labels: {traefik.http.routers.a.rule: x}\n',
      '  db:\n    image: a:1\n    labels: {traefik.http.routers.a.rule: y}\n',
    ),
    9,
  ],
])('%s is found where it stands: %#', async (code, files, line) => {
  const found = (await validate(files)).filter((finding) => finding.code === code);
  expect(found.map((finding) => finding.line)).toContain(line);
});

test('two routers with one rule on entrypoints of their own do not clash, nor do ports on addresses of their own', async () => {
  const found = await validate(
    one(
      '    ports: ["127.0.0.1:80:80", "80:80/udp"]\n    labels: ["traefik.http.routers.a.rule=x", "traefik.http.routers.a.entrypoints=one"]\n',
      `  db:\n    image: a:1\n${HEALTHY}    ports: ["127.0.0.2:80:80"]\n    labels: ["traefik.http.routers.b.rule=x", "traefik.http.routers.b.entrypoints=two"]\n`,
    ),
  );
  expect(found).toEqual([]);
});

test('each proposed edit can be made, and takes its finding away', async () => {
  const files = one(
    '    imagee: x\n    privileged: true\n    volumes: ["data:/data"]\n    environment:\n      A: yes\n      MODE: 0644\n    depends_on: [gone]\n    ports: ["80:80"]\n',
    '  db:\n    image: a:1\n    container_name: one\n    scale: 2\n    ports: ["80:80"]\n',
  );
  const path = `${project(files)}/compose.yml`;
  const findings = async (): Promise<Found[]> =>
    ((await t.ask('validate_compose', { paths: [path] })).result as { findings: Found[] }).findings;
  const mendable = (await findings()).filter(({ operations }) => operations.length > 0);
  expect(mendable.length).toBeGreaterThan(8);
  for (const { operations } of mendable) {
    const done = await t.act('edit_compose', { path, operations });
    expect(done.error, JSON.stringify(operations)).toBeNull();
  }
  const left = (await findings()).filter(({ operations }) => operations.length > 0);
  expect(left).toEqual([]);
});

describe('what a project resolves to', () => {
  interface Value {
    key: string;
    value: string | null;
    file: string;
    line: number;
    merged?: string;
  }
  const read = async (
    files: Record<string, string>,
    input: object = {},
    names = ['compose.yml'],
  ): Promise<Value[]> => {
    const folder = project(files);
    const report = await t.ask('read_compose', { paths: names.map((name) => `${folder}/${name}`), ...input });
    expect(report.error).toBeNull();
    return (report.result as { values: Value[] }).values.map((value) => ({
      ...value,
      file: value.file.replace(`${folder}/`, ''),
    }));
  };
  const find = (values: readonly Value[], key: string): Value | undefined =>
    values.find((value) => value.key === key);

  test('anchors, merges, extends, includes and several files, each value with its place', async () => {
    const values = await read(
      {
        'compose.yml':
          'x-b: &b\n  restart: always\nservices:\n  web:\n    <<: *b\n    extends: {file: base/base.yml, service: base}\n    image: nginx:${TAG:-1}\n    ports: ["80:80"]\n    command: [a, b]\ninclude: [inc.yml]\n',
        'base/base.yml': 'services:\n  base:\n    image: old\n    environment: [A=1, B=2]\n',
        'inc.yml': 'services:\n  db:\n    image: postgres\n',
        'over.yml':
          'services:\n  web:\n    environment: {B: "3"}\n    ports: ["443:443"]\n    command: [c]\n',
      },
      {},
      ['compose.yml', 'over.yml'],
    );
    expect(find(values, 'services.web.restart')).toMatchObject({ value: 'always', line: 2, merged: 'b' });
    expect(find(values, 'services.web.image')).toMatchObject({
      value: 'nginx:1',
      file: 'compose.yml',
      line: 7,
    });
    expect(find(values, 'services.web.environment.A')).toMatchObject({
      value: '1',
      file: 'base/base.yml',
      line: 4,
    });
    expect(find(values, 'services.web.environment.B')).toMatchObject({
      value: '3',
      file: 'over.yml',
      line: 3,
    });
    expect(
      values.filter(({ key }) => key.startsWith('services.web.ports')).map(({ value }) => value),
    ).toEqual(['80:80', '443:443']);
    expect(
      values.filter(({ key }) => key.startsWith('services.web.command')).map(({ value }) => value),
    ).toEqual(['c']);
    expect(find(values, 'services.db.image')).toMatchObject({ value: 'postgres', file: 'inc.yml' });
  });

  test('!reset and !override hold, and later documents lie over earlier ones', async () => {
    const values = await read({
      'compose.yml':
        'services:\n  web:\n    image: a\n    ports: ["1:1"]\n    labels: {x: y}\n---\nservices:\n  web:\n    ports: !override ["2:2"]\n    labels: !reset null\n',
    });
    expect(values.map(({ key, value }) => `${key}=${value}`)).toEqual([
      'services.web.image=a',
      'services.web.ports.0=2:2',
    ]);
  });

  test.each([
    ['${A}', 'one'],
    ['$A', 'one'],
    ['$$A', '$A'],
    ['${A:-x}', 'one'],
    ['${E:-x}', 'x'],
    ['${E-x}', ''],
    ['${N-x}', 'x'],
    ['${N:-${A}}', 'one'],
    ['${A:+y}', 'y'],
    ['${E:+y}', ''],
    ['${N:-a}b$A', 'abone'],
    ['${N:-}', ''],
    ['a$', 'a$'],
  ])('%s becomes %s', async (text, value) => {
    const values = await read(
      {
        'compose.yml': `services:\n  web:\n    user: '${text}'\n`,
        'plain.txt': '',
        '.env': 'N0=1\n',
        'compose2.yml': '',
        'inc.yml': `services:\n  x:\n    user: '${text}'\n`,
        'main.yml': 'include: [{path: inc.yml, env_file: shown.txt}]\n',
        'shown.txt': 'A=one\nE=\n',
      },
      {},
      ['main.yml'],
    );
    expect(find(values, 'services.x.user')?.value).toBe(value);
  });

  test('what .env and secret files hold is never shown, nor told by whether it fits', async () => {
    const files = {
      '.env': 'TOKEN=hunter2hunter2\nPORT=8080\n',
      'web.env': 'INNER=verysecretvalue\n',
      'compose.yml':
        'services:\n  web:\n    image: a:${TOKEN}\n    env_file: web.env\n    environment: {DB_PASSWORD: correcthorse, X: "${TOKEN}-x"}\n    ports: ["${PORT}:80"]\n  db:\n    image: b\n    ports: ["8080:80"]\n',
    };
    const values = await read(files);
    const said = JSON.stringify(values) + JSON.stringify(await validate(files));
    for (const secret of ['hunter2', 'verysecret', 'correcthorse']) expect(said).not.toContain(secret);
    expect(find(values, 'services.web.environment.INNER')).toMatchObject({
      value: '[redacted]',
      file: 'web.env',
      line: 1,
    });
    expect(find(values, 'services.web.environment.X')?.value).toBe('[redacted]-x');
    expect(said).not.toContain('port_clash');
  });

  test('services of other profiles are left out where profiles are named', async () => {
    const files = { 'compose.yml': 'services:\n  a: {image: x}\n  b: {image: y, profiles: [debug]}\n' };
    expect((await read(files, { profiles: [] })).map(({ key }) => key)).toEqual(['services.a.image']);
    expect(await read(files, { profiles: ['debug'] })).toHaveLength(3);
  });
});
