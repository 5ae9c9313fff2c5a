import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ComposeApp, composeApp, web } from '../../helpers/compose.ts';

let t: ComposeApp;
beforeAll(async () => {
  t = await composeApp();
});
afterAll(async () => t.close());

const WEB = 'services:\n  web:\n    image: nginx:1\n';

test('several operations are one change, and one undo takes it back', async () => {
  const path = t.project(WEB);
  const done = await t.edit(
    path,
    web('set_image', { image: 'nginx:2' }),
    web('set_env', { name: 'A', value: 'b' }),
    web('set_env', { name: 'C', value: null }),
    web('set_depends_on', { name: 'db', condition: 'service_healthy' }),
    { op: 'add_service', service: 'db', definition: { image: 'postgres:16' } },
  );
  expect(done).toMatchObject({ outcome: 'succeeded', error: null });
  expect(t.now(path)).toBe(
    'services:\n  web:\n    image: nginx:2\n    environment:\n      A: b\n      C:\n    depends_on:\n      db:\n' +
      '        condition: service_healthy\n  db:\n    image: postgres:16\n',
  );
  expect(await t.act('rollback', { id: done.snapshot_id })).toMatchObject({ outcome: 'succeeded' });
  expect(t.now(path)).toBe(WEB);
});

test('an operation that fails leaves the others undone', async () => {
  const path = t.project(WEB);
  const done = await t.edit(path, web('set_image', { image: 'b' }), web('remove_env', { name: 'NONE' }));
  expect(done).toMatchObject({ outcome: 'denied', error: { code: 'edit_refused' } });
  expect(t.now(path)).toBe(WEB);
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
      'explicit',
    ],
  ])('%s', async (_, text, operation, why) => {
    const path = t.project(text);
    const done = await t.edit(path, operation);
    expect(done).toMatchObject({ outcome: 'denied', error: { code: 'edit_refused' } });
    expect(done.error?.message).toContain(why);
    expect(t.now(path)).toBe(text);
  });

  test.each([
    ['broken YAML', 'services: {web: [\n'],
    ['a key that stands twice', 'services:\n  a: {}\n  a: {}\n'],
    ['a carriage return by itself', 'services:\r  web: {}\r'],
    ['bytes that are no UTF-8', Buffer.from([0x73, 0xff, 0xfe])],
    ['an anchor that is nowhere', 'services:\n  web: *none\n'],
    ['an anchor within itself', 'services: &s\n  web: *s\n'],
  ])('%s', async (_, text) => {
    const path = t.project(text);
    const code = expect.stringMatching(/^(unreadable_yaml|too_large)$/) as string;
    expect(await t.edit(path, web('set_image', { image: 'x' }))).toMatchObject({
      outcome: 'denied',
      error: { code },
    });
  });
});

test('a value that came by << is written out, with a word about it', async () => {
  const path = t.project(MERGED);
  const done = await t.edit(path, web('set_image', { image: 'mine' }));
  expect(done).toMatchObject({ outcome: 'succeeded' });
  expect(done.effects?.note).toContain('came from &base');
  expect(t.now(path)).toBe(`${MERGED}    image: mine\n`);
});

test('one of several documents is edited where it is named', async () => {
  const path = t.project(`${WEB}---\n${WEB}`);
  await t.act('edit_compose', { path, document: 2, operations: [web('set_image', { image: 'x' })] });
  expect(t.now(path)).toBe(`${WEB}---\n${WEB.replace('nginx:1', 'x')}`);
});

test('a circle of services that wait for each other is told where an edit closes it, and not again', async () => {
  const path = t.project(`${WEB}  db:\n    image: pg\n    depends_on: [web]\n`);
  const closed = await t.edit(path, web('set_depends_on', { name: 'db', condition: 'service_started' }));
  expect(closed.effects?.note).toContain('web → db → web: none of them can start first.');
  const after = await t.edit(path, web('set_image', { image: 'x' }));
  expect(after.effects?.note).not.toContain('none of them can start first');
});

describe('Traefik', () => {
  test('a route is a handful of labels in the form that stands there', async () => {
    const path = t.project(`${WEB}    labels:\n      - "a=b"\n`);
    const route = {
      router: 'web',
      rule: 'Host(`a.example`)',
      entrypoints: ['websecure'],
      tls: true,
      port: 8080,
    };
    expect(await t.edit(path, web('set_route', route))).toMatchObject({ outcome: 'succeeded' });
    expect(t.now(path).slice(WEB.length)).toBe(
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
    expect(await t.edit(path, web('remove_route', { name: 'web' }))).toMatchObject({ outcome: 'succeeded' });
    expect(t.now(path).slice(WEB.length)).toBe('    labels:\n      - "a=b"\n');
  });
});

test('variables of an env file are set and taken out, with a person’s leave where it holds secrets, and nothing of it is shown', async () => {
  const path = t.project(WEB);
  const env = path.replace(/[^/]*$/, 'plain.txt');
  writeFileSync(join(t.root, env), '# a\nA=1\nB=2\n');
  const done = await t.act('edit_compose', { path: env, variables: { A: 'x y', B: null, C: '3' } });
  expect(done, JSON.stringify(done.error)).toMatchObject({ outcome: 'succeeded' });
  expect(readFileSync(join(t.root, env), 'utf8')).toBe("# a\nA='x y'\nC=3\n");
  expect(await t.act('rollback', { id: done.snapshot_id })).toMatchObject({ outcome: 'succeeded' });
  expect(readFileSync(join(t.root, env), 'utf8')).toBe('# a\nA=1\nB=2\n');
  const hidden = path.replace(/[^/]*$/, '.env');
  writeFileSync(join(t.root, hidden), 'PIN=4711\n');
  const shown = async (PIN: string): Promise<unknown> => {
    const report = await t.act('edit_compose', { path: hidden, variables: { PIN }, dry_run: true });
    return [report.effects, report.risk, report.decision];
  };
  expect(await shown('4711')).toEqual(await shown('47110'));
  expect(await t.act('edit_compose', { path: hidden, variables: { PIN: '1' } })).toMatchObject({
    outcome: 'held',
    risk: { level: 'HIGH' },
  });
  expect(await t.act('edit_compose', { path: env })).toMatchObject({ error: { code: 'invalid_input' } });
});
