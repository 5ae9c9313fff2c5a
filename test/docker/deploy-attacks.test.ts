import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { wait } from '../contract/cases.ts';
import { testApp } from '../helpers/app.ts';
import { engineForTests } from '../helpers/engine.ts';
import { clear } from './cases.ts';
import { COMMON, type StackApp, stackApp } from './stacks.ts';
import { worldOf } from './world.ts';

const engine = engineForTests();
const QUICK = { stable_seconds: 0.2 };
let t: StackApp;

afterEach(async () => {
  await t.close();
  await clear(await engine());
});

const rulesOf = (report: { risk: { factors: { rule: string }[] } | null }): string[] =>
  (report.risk?.factors ?? []).map(({ rule }) => rule);

test('what gives a container power over the machine is asked about, however it is written', async () => {
  t = await stackApp(await engine(), 'shop');
  writeFileSync(
    join(t.folder, 'base.yml'),
    JSON.stringify({ services: { base: { ...COMMON, volumes: ['/:/h'] } } }),
  );
  writeFileSync(join(t.folder, '.env'), 'WHERE=/etc\nMODE=host\n');
  const ways: [object, object, string][] = [
    [{ privileged: true }, {}, 'compose-host-control'],
    [{ volumes: ['/:/h'] }, {}, 'compose-host-control'],
    [{ volumes: ['${WHERE}:/h'] }, {}, 'compose-host-control'],
    [{ volumes: ['/var/run/docker.sock:/s'] }, {}, 'compose-host-control'],
    [{ extends: { service: 'base', file: 'base.yml' } }, {}, 'compose-host-control'],
    [{ network_mode: '${MODE}' }, {}, 'compose-privileged'],
    [{ pid: 'container:other' }, {}, 'compose-privileged'],
    [
      { volumes: ['v:/h'] },
      { volumes: { v: { driver_opts: { type: 'none', o: 'bind', device: '/etc' } } } },
      'compose-host-control',
    ],
  ];
  for (const [at, [web, more, rule]] of ways.entries()) {
    // Each another request: what was asked for once waits for a person.
    t.write({ web: { environment: { N: at }, ...web } }, more);
    const report = await t.act('deploy_stack', { paths: ['shop/compose.yml'], ...QUICK });
    expect(report.outcome, JSON.stringify([web, report.error])).toBe('held');
    expect(rulesOf(report)).toContain(rule);
  }
  expect(await (await engine()).docker.listContainers({ all: true })).toEqual([]);
});

test('nothing runs that changed after a person said yes', async () => {
  const on = await engine();
  t = await stackApp(on, 'shop');
  const swaps: [string, () => Promise<unknown> | void][] = [
    ['the file', () => t.write({ web: { privileged: true, environment: { B: '1' } } })],
    ['a variable', () => writeFileSync(join(t.folder, '.env'), 'A=2\n')],
    [
      'the image',
      async () => {
        const made = await on.docker.createContainer({ Image: 'busy:1', Cmd: ['true'] });
        await made.commit({ repo: 'swapped', tag: '1' });
        await made.remove();
      },
    ],
    [
      'what runs',
      async () =>
        on.docker.createContainer({
          name: 'shop_web_1',
          Cmd: ['true'],
          Image: 'busy:1',
          Labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' },
        }),
    ],
  ];
  for (const [what, swap] of swaps) {
    await on.docker.getImage('busy:1').tag({ repo: 'swapped', tag: '1' });
    writeFileSync(join(t.folder, '.env'), 'A=1\n');
    t.write({ web: { image: 'swapped:1', privileged: true, environment: { A: '${A}', WHAT: what } } });
    const asked = await t.act('deploy_stack', { paths: ['shop/compose.yml'], reason: what, ...QUICK });
    expect(asked, what).toMatchObject({ outcome: 'held' });
    await t.approve(asked.action_id ?? '');
    await swap();
    const before = await worldOf(on);
    const report = await wait(t, asked.action_id ?? '', 10);
    expect(report.outcome, `${what}: ${JSON.stringify(report.error)}`).not.toBe('succeeded');
    expect(await worldOf(on)).toEqual(before);
  }
});

test('a project that was deployed from another folder, and a volume of another project, are asked about', async () => {
  const on = await engine();
  t = await stackApp(on, 'prod');
  t.write({ web: { volumes: ['data:/data'] } }, { volumes: { data: {} } });
  expect(await t.deploy(QUICK)).toMatchObject({ outcome: 'succeeded' });
  const other = await stackApp(on, 'mine', t);
  other.write({ web: { environment: { EVIL: '1' } } });
  const taken = await other.act('deploy_stack', { paths: ['mine/compose.yml'], project: 'prod' });
  expect(taken).toMatchObject({ outcome: 'held' });
  expect(rulesOf(taken)).toContain('compose-foreign-project');
  other.write(
    { web: { volumes: ['data:/data'] } },
    { volumes: { data: { external: true, name: 'prod_data' } } },
  );
  const read = await other.act('deploy_stack', { paths: ['mine/compose.yml'] });
  expect(read).toMatchObject({ outcome: 'held' });
  expect(rulesOf(read)).toContain('compose-foreign-volume');
  await other.close();
});

test('what the project’s folder tells Compose is what is asked about, and no program there tells it anything', async () => {
  const on = await engine();
  t = await stackApp(on, 'shop');
  t.write({
    web: { command: ['sh', '-c', 'echo $$HOME $${A:-b}; sleep 1000'] },
    evil: { profiles: ['evil'], privileged: true },
  });
  const override = join(t.folder, 'docker-compose.override.yml');
  const settings = join(t.folder, '.env');
  const asked = async (): Promise<string[]> =>
    rulesOf(await t.act('deploy_stack', { paths: ['shop/compose.yml'], ...QUICK, dry_run: true }));
  expect(await asked()).not.toContain('compose-host-control');
  writeFileSync(override, JSON.stringify({ services: { web: { privileged: true } } }));
  expect(await asked()).toContain('compose-host-control');
  rmSync(override);
  writeFileSync(settings, 'COMPOSE_PROFILES=evil\n');
  expect(await asked()).toContain('compose-host-control');
  writeFileSync(settings, 'DOCKER_HOST=tcp://192.0.2.1:1\nCOMPOSE_ENV_FILES=evil.env\n');
  expect(await t.deploy(QUICK)).toMatchObject({ outcome: 'succeeded' });
  const { HostConfig, Config } = await on.docker.getContainer('shop_web_1').inspect();
  expect(HostConfig.Privileged).toBe(false);
  expect(Config.Cmd).toEqual(['sh', '-c', 'echo $HOME ${A:-b}; sleep 1000']);
  expect(await on.docker.listContainers({ all: true })).toHaveLength(1);
});

test('containers of others are left alone, also those that look like the project’s', async () => {
  const on = await engine();
  const foreign = await on.docker.createContainer({
    name: 'shop_web_1_other',
    Image: 'busy:1',
    Cmd: ['sleep', '1000'],
  });
  await foreign.start();
  t = await stackApp(on, 'shop');
  t.write({ web: {} });
  const done = await t.deploy(QUICK);
  t.write({ web: { command: ['nothing'] } });
  expect(await t.deploy(QUICK)).toMatchObject({ outcome: 'rolled_back' });
  expect(await t.act('rollback', { id: done.snapshot_id })).toMatchObject({ outcome: 'succeeded' });
  const left = await on.docker.listContainers({ all: true });
  expect(left.map(({ Id, State }) => [Id, State])).toEqual([[foreign.id, 'running']]);
  const again = await testApp({ on: t });
  await again.close();
});
