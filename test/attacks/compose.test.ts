import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ComposeApp, composeApp, web } from '../helpers/compose.ts';

let t: ComposeApp;
beforeAll(async () => {
  t = await composeApp();
});
afterAll(async () => t.close());

const WEB = 'services:\n  web:\n    image: nginx:1\n';

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
    ['privileged', web('set_field', { name: 'privileged', value: true }), 'compose-host-control', 'CRITICAL'],
    [
      'privileged, as a text',
      web('set_field', { name: 'privileged', value: 'yes' }),
      'compose-host-control',
      'CRITICAL',
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
      'compose-host-control',
      'CRITICAL',
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
      'compose-host-control',
      'CRITICAL',
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
    const path = t.project(`${WEB}  strong:\n    image: i\n    cap_add: [ALL]\n`, {
      '.env': 'SECRET=/etc\n',
    });
    const before = t.now(path);
    const assessed = await t.ask('assess_action', {
      tool: 'edit_compose',
      input: { path, operations: [operation] },
    });
    expect(JSON.stringify(assessed.result)).toContain(rule);
    // Another agent each time: one may have only so many waiting.
    const done = await t.act('edit_compose', { path, operations: [operation] }, { client: path });
    expect(done).toMatchObject({ outcome: 'held', error: { code: 'approval_required' }, risk: { level } });
    expect(done.risk?.factors.map((one) => one.rule)).toContain(rule);
    expect(t.now(path)).toBe(before);
  });

  test('what is harmless is not asked about', async () => {
    const path = t.project(`${WEB}  strong:\n    image: i\n    privileged: true\n`);
    const done = await t.edit(
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
    const path = t.project(WEB);
    const done = await t.edit(
      path,
      web('set_env', { name: 'A', value }),
      web('set_env', { name: 'B', value }),
    );
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
      const path = t.project(WEB);
      const done = await t.edit(path, web('set_label', { name, value: 'v' }));
      if (name.includes('\n')) expect(done).toMatchObject({ error: { code: 'edit_refused' } });
      else expect(done).toMatchObject({ outcome: 'succeeded' });
      expect(t.now(path)).not.toMatch(/^\s*privileged/m);
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
      expect(await t.edit(t.project(text), web('set_image', { image: 'x' }))).toMatchObject({
        outcome: 'denied',
        error: { code: 'too_large' },
      });
  });

  test('texts made to be slow are read or refused in time', { timeout: 60_000 }, async () => {
    const texts = [
      `${WEB}    user: "${'${'.repeat(100_000)}"\n`,
      `${WEB}    labels: [${Array.from({ length: 2000 }, (_, at) => `&l${at} a${at}, *l${at}`).join(', ')}]\n`,
      `services:\n${Array.from({ length: 900 }, (_, at) => `  s${at}: {extends: s${at + 1}, depends_on: [s${at + 1}]}\n`).join('')}  web: {image: a}\n`,
      `services:\n${'  x: 1\n'.repeat(10_000)}`,
      `${WEB}${Array.from({ length: 5000 }, (_, at) => `  s${at}: {}\n`).join('')}`,
    ];
    for (const text of texts) {
      const path = t.project(text);
      const done = await t.edit(path, web('set_image', { image: 'x' }));
      expect(['succeeded', 'denied']).toContain(done.outcome);
      const checked = await t.ask('validate_compose', { paths: [path] });
      expect(checked.error?.code ?? 'none').toMatch(/^(none|too_large|unreadable_yaml)$/);
    }
  });

  test('neither a path outside, a link that leads there, nor a secret is read', async () => {
    const path = t.project(WEB, { '.env': 'services: {}\n' });
    symlinkSync('/etc/hostname', join(t.root, 'out.yml'));
    const operation = web('set_image', { image: 'x' });
    expect(await t.edit('/etc/hostname', operation)).toMatchObject({ error: { code: 'outside_roots' } });
    expect(await t.edit('out.yml', operation)).toMatchObject({ error: { code: 'outside_roots' } });
    expect(await t.edit(path.replace('compose.yml', '.env'), operation)).toMatchObject({
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
