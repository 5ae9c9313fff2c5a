// What a deploy does to containers that others share with, to the names of others, and with volumes that nobody named.
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { engineForTests } from '../helpers/engine.ts';
import { act, appOn, clear } from './cases.ts';
import { type StackApp, stackApp } from './stacks.ts';
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

test('containers outside of the deploy that share with what it makes anew keep it from that; who has only volumes is told of', async () => {
  const on = await engine();
  t = await stackApp(on, 'shop');
  const web = { volumes: ['/own'] };
  t.write({ web, side: { network_mode: 'service:web' } });
  expect(await t.deploy(QUICK)).toMatchObject({ outcome: 'succeeded' });
  const create = { Image: 'busy:1', Cmd: ['sleep', '1000'] };
  const HostConfig = { NetworkMode: 'none', VolumesFrom: ['shop_web_1'] };
  await on.docker.createContainer({ ...create, name: 'reader', HostConfig });
  t.write({ web: { ...web, environment: { A: '1' } }, side: { network_mode: 'service:web' } });
  // The other service of the project is not among those asked for.
  const alone = await t.deploy({ ...QUICK, services: ['web'] });
  expect(alone, JSON.stringify(alone.error)).toMatchObject({ error: { code: 'bound_container' } });
  expect(alone.error?.message).toContain('shop_side_1 shares the network of shop_web_1');
  const then = await worldOf(on);
  const both = await t.deploy(QUICK);
  expect(both, JSON.stringify(both.error)).toMatchObject({ outcome: 'succeeded' });
  expect(both.effects?.note).toContain('reader keeps the volumes that it has of shop_web_1');
  const outside = await on.docker.createContainer({
    ...create,
    name: 'outside',
    HostConfig: { NetworkMode: 'container:shop_web_1' },
  });
  const undone = await t.act('rollback', { id: both.snapshot_id });
  expect(undone, JSON.stringify(undone)).toMatchObject({ error: { code: 'bound_container' } });
  expect(undone.error?.message).toContain('outside shares the network of shop_web_1');
  expect((await t.deploy({ verb: 'remove' })).error).toMatchObject({ code: 'bound_container' });
  await outside.remove();
  const back = await act(t, 'rollback', { id: both.snapshot_id });
  expect(back, JSON.stringify(back.error)).toMatchObject({ outcome: 'succeeded' });
  expect(await worldOf(on)).toEqual(then);
});

test('a deploy that fails leaves no volume behind, and keeps those that were there', async () => {
  const on = await engine();
  t = await stackApp(on, 'shop');
  const web = { volumes: ['/own'], command: ['sh', '-c', 'echo mine > /own/one; exec sleep 1000'] };
  t.write({ web });
  expect(await t.deploy(QUICK)).toMatchObject({ outcome: 'succeeded' });
  // Of nobody, as are those of containers that are gone.
  await on.docker.createVolume();
  const then = await worldOf(on);
  t.write({
    web: { ...web, volumes: ['/own', '/more'], environment: { A: '1' } },
    ill: { volumes: ['/own'], command: ['false'] },
    taker: { volumes_from: ['ill'] },
  });
  const failed = await t.deploy(QUICK);
  expect(failed, JSON.stringify(failed.error)).toMatchObject({ outcome: 'rolled_back' });
  expect(await worldOf(on)).toEqual(then);
});

test('a new container under a protected service’s name, where others would find it, is asked about', async () => {
  const on = await engine();
  t = await stackApp(on, 'mine');
  await on.docker.createNetwork({ Name: 'shop', Labels: { 'com.docker.compose.project': 'shop' } });
  const shop = { networks: { shop: { external: true } } };
  const inShop = (more: object): object => ({ network_mode: undefined, networks: { shop: more } });
  const asked: [object, object][] = [
    [{ web: { container_name: 'postgres' } }, {}],
    [{ web: { container_name: 'shop-redis-1' } }, {}],
    [{ postgres: inShop({}) }, shop],
    [{ web: inShop({ aliases: ['postgres'] }) }, shop],
    [{ web: { ...inShop({}), hostname: 'traefik' } }, shop],
    [{ postgres: { network_mode: undefined } }, { networks: { default: { external: true, name: 'shop' } } }],
    [{ postgres: { network_mode: undefined } }, { networks: { default: { name: 'shop' } } }],
  ];
  for (const [at, [services, more]] of asked.entries()) {
    t.write(services as Record<string, object>, { ...more, 'x-n': at });
    const report = await t.act('deploy_stack', { paths: ['mine/compose.yml'], dry_run: true, ...QUICK });
    expect(rulesOf(report), JSON.stringify([services, report.error])).toContain('protected-name');
    expect(report.decision?.verdict).toBe('ask');
  }
  // In a stack of its own it stands in nobody's place.
  t.write(
    { postgres: { networks: { own: { aliases: ['postgres'] } }, network_mode: undefined } },
    { networks: { own: {} } },
  );
  const own = await t.act('deploy_stack', { paths: ['mine/compose.yml'], dry_run: true, ...QUICK });
  expect(rulesOf(own), JSON.stringify(own.error)).not.toContain('protected-name');
});

test('nor does one answer unasked to a name by which a protected container is found', async () => {
  const on = await engine();
  t = await stackApp(on, 'mine');
  await on.docker.createNetwork({ Name: 'paper' });
  await on.docker.getImage('busy:1').tag({ repo: 'postgres', tag: '15' });
  const db = await on.docker.createContainer({
    name: 'paper_db_1',
    Image: 'postgres:15',
    Cmd: ['sleep', '1000'],
    NetworkingConfig: { EndpointsConfig: { paper: { Aliases: ['db'] } } },
    HostConfig: { NetworkMode: 'paper' },
  });
  await db.start();
  const paper = { networks: { paper: { external: true } } };
  const named = async (service: object, name = 'web'): Promise<boolean> => {
    t.write({ [name]: { network_mode: undefined, ...service } }, paper);
    const report = await t.act('deploy_stack', { paths: ['mine/compose.yml'], dry_run: true, ...QUICK });
    expect(report.error).toBeNull();
    return rulesOf(report).includes('protected-name');
  };
  expect(await named({ networks: { paper: { aliases: ['db'] } } })).toBe(true);
  expect(await named({ networks: ['paper'], hostname: 'db' })).toBe(true);
  expect(await named({ networks: ['paper'] }, 'db')).toBe(true);
  expect(await named({ networks: ['paper'] })).toBe(false);
  const other = await on.docker.createContainer({ name: 'other', Image: 'busy:1', Cmd: ['sleep', '1000'] });
  const u = await appOn(on);
  const ask = async (alias: string): Promise<string[]> =>
    rulesOf(
      await u.act('connect_network', {
        container: 'other',
        network: 'paper',
        aliases: [alias],
        dry_run: true,
      }),
    );
  expect(await ask('db')).toContain('protected-name');
  expect(await ask('web')).not.toContain('protected-name');
  await u.close();
  await Promise.all([db, other].map(async (one) => one.remove({ force: true })));
});

test('what is external and is not there is said before anybody is asked', async () => {
  t = await stackApp(await engine(), 'mine');
  for (const [more, service] of [
    [{ networks: { proxy: { external: true } } }, { networks: ['proxy'], network_mode: undefined }],
    [{ volumes: { data: { external: true } } }, { volumes: ['data:/data'], privileged: true }],
  ] as const) {
    t.write({ web: service }, more);
    const report = await t.act('deploy_stack', { paths: ['mine/compose.yml'], ...QUICK });
    expect(report).toMatchObject({ outcome: 'denied', error: { code: 'compose_invalid' } });
    expect(report.error?.message).toMatch(/(network proxy|volume data) is external and is not there/);
  }
});

test('no container gets homeostat’s own folders without a person at a terminal, to read them or in disguise', async () => {
  const on = await engine();
  t = await stackApp(on, 'shop');
  const { home } = t;
  const ways: [object, object][] = [
    [{ volumes: [`${home}:/h`] }, {}],
    [{ volumes: [`${home}:/h:ro`] }, {}],
    [{ volumes: [`${join(home, '..')}:/h:ro`] }, {}],
    [{ volumes: [`${join(home, 'state.db')}:/h:ro`] }, {}],
    [{ volumes: [{ type: 'bind', source: home, target: '/h', read_only: true }] }, {}],
    [
      { volumes: ['vol:/h:ro'] },
      { volumes: { vol: { driver_opts: { type: 'none', o: 'bind', device: home } } } },
    ],
    [{ configs: ['c'] }, { configs: { c: { file: join(home, 'state.db') } } }],
  ];
  for (const [at, [web, more]] of ways.entries()) {
    t.write({ web: { environment: { N: at }, ...web } }, more);
    const report = await t.act('deploy_stack', { paths: ['shop/compose.yml'], dry_run: true, ...QUICK });
    expect(rulesOf(report), JSON.stringify([web, report.error])).toContain('mounts-own-state');
    expect(report.risk?.level).toBe('CRITICAL');
  }
  t.write({ web: {} });
  const text = JSON.stringify({ services: { web: { image: 'busy:1', volumes: [`${home}:/h:ro`] } } });
  const written = await t.act('write_file', { path: 'shop/compose.yml', content: text, dry_run: true });
  expect(rulesOf(written), JSON.stringify(written.error)).toContain('mounts-own-state');
  for (const option of ['-v', '--volume'])
    for (const line of [
      `docker run ${option} ${home}:/s:ro busy:1 true`,
      `docker create --mount type=bind,src=${home},dst=/s busy:1`,
    ]) {
      const { risk } = await t.act('run_command', { command: line, dry_run: true });
      expect(risk?.level, line).toBe('CRITICAL');
    }
  // One that a person has given it is not a way in either.
  const made = await on.docker.createContainer({
    name: 'backup',
    Image: 'busy:1',
    Cmd: ['sleep', '1000'],
    StopSignal: 'SIGKILL',
    HostConfig: { NetworkMode: 'none', Binds: [`${home}:/h:ro`] },
  });
  await made.start();
  const ran = await t.act('exec_in_container', { container: 'backup', command: 'ls /h' });
  expect(ran).toMatchObject({ outcome: 'held', risk: { level: 'CRITICAL' } });
});
