import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { ActionReport } from '../../src/core/outcome.ts';
import { wait } from '../contract/cases.ts';
import { engineForTests } from '../helpers/engine.ts';
import { act, clear } from './cases.ts';
import { type StackApp, stackApp } from './stacks.ts';
import { worldOf } from './world.ts';

const engine = engineForTests();
const VOLUMES = { volumes: { data: {} } };
const QUICK = { stable_seconds: 0.2 };
const db = {
  volumes: ['data:/data'],
  command: ['sh', '-c', 'echo one >/data/one; echo two >/layer; exec sleep 1000'],
};
let t: StackApp;

afterEach(async () => {
  await t.close();
  await clear(await engine());
});

/** A stack of two services that runs. */
async function running(name: string): Promise<void> {
  t = await stackApp(await engine(), name);
  t.write({ web: { environment: { A: '1' } }, db }, VOLUMES);
  expect(await t.deploy(QUICK)).toMatchObject({ outcome: 'succeeded' });
}

const planOf = (report: ActionReport): string => report.effects?.diff ?? '';

describe('contract', () => {
  const changes: [name: string, write: () => void, input: object, plan: RegExp][] = [
    [
      'another environment, and one more of it',
      () => t.write({ web: { environment: { A: '2' }, scale: 2 }, db }, VOLUMES),
      {},
      /~ recreate web \(\w+_web_1\): environment\.A changes\n\+ create web: 2 wanted, 1 there\n {2}1 containers stay/,
    ],
    [
      'what shares a network is made again with it',
      () => t.write({ web: { environment: { A: '3' } }, side: { network_mode: 'service:web' }, db }, VOLUMES),
      {},
      /\+ create side/,
    ],
    ['all removed', () => undefined, { verb: 'remove' }, /^(?=[^]*- remove web)(?=[^]*- remove db)/],
    [
      'orphans removed',
      () => t.write({ web: { environment: { A: '1' } } }),
      { remove_orphans: true },
      /- remove db .*no service of the files/,
    ],
  ];

  test.each(changes)(
    '%s: undo restores what ran, undo of the undo brings the change back',
    async (_, write, input, plan) => {
      const on = await engine();
      await running('shop');
      const then = await worldOf(on);
      write();
      const done = await t.deploy({ ...QUICK, ...input });
      expect(done, JSON.stringify(done.error)).toMatchObject({ outcome: 'succeeded' });
      expect(planOf(done)).toMatch(plan);
      const now = await worldOf(on);
      expect(now).not.toEqual(then);
      let last = done;
      for (const expected of [then, now, then]) {
        last = await act(t, 'rollback', { id: last.snapshot_id });
        expect(last, JSON.stringify(last.error)).toMatchObject({ outcome: 'succeeded' });
        expect(await worldOf(on)).toEqual(expected);
      }
    },
  );
});

test('a dry run shows the plan and changes nothing; update makes nothing new; orphans stay unless they are asked for', async () => {
  const on = await engine();
  await running('shop');
  const then = await worldOf(on);
  t.write({ web: { environment: { A: '1' }, mem_limit: '64m' }, extra: {} });
  const dry = await t.deploy({ dry_run: true });
  expect(planOf(dry)).toMatch(
    /~ recreate web .*limits\.memory: nothing → 67108864\n\+ create extra: 1 wanted, 0 there; image: nothing → busy:1; .*\n.*shop_db_1: left alone/,
  );
  expect(await worldOf(on)).toEqual(then);
  const update = await t.deploy({ ...QUICK, verb: 'update' });
  expect(update).toMatchObject({ outcome: 'succeeded', result: { changed: [{ service: 'web' }] } });
  expect(
    (await on.docker.listContainers())
      .map(({ Names }) => String(Names[0]))
      .toSorted((a, b) => a.localeCompare(b)),
  ).toEqual(['/shop_db_1', '/shop_web_1']);
});

test('volumes go only with leave that calls it destructive, and it says that they do not come back', async () => {
  const on = await engine();
  await running('shop');
  const asked = await t.act('deploy_stack', {
    paths: ['shop/compose.yml'],
    verb: 'remove',
    remove_volumes: true,
  });
  expect(asked).toMatchObject({
    outcome: 'held',
    risk: { level: 'DESTRUCTIVE', reversibility: 'irreversible' },
  });
  expect(planOf(asked)).toContain('- remove volume shop_data with all that it holds');
  expect((await on.docker.listVolumes()).Volumes).toHaveLength(1);
  await t.approve(asked.action_id ?? '');
  expect(await wait(t, asked.action_id ?? '', 30)).toMatchObject({ outcome: 'succeeded' });
  expect((await on.docker.listVolumes()).Volumes).toHaveLength(0);
});

test('a protected service is touched only with leave that names it', async () => {
  t = await stackApp(await engine(), 'shop');
  t.write({ postgres: {}, web: {} });
  // Nothing runs yet that could be lost.
  expect(await t.act('deploy_stack', { paths: ['shop/compose.yml'], ...QUICK })).toMatchObject({
    outcome: 'succeeded',
  });
  t.write({ postgres: { environment: { A: '1' } }, web: {} });
  const asked = await t.act('deploy_stack', { paths: ['shop/compose.yml'] });
  expect(asked).toMatchObject({ outcome: 'held', risk: { level: 'CRITICAL' } });
  expect(JSON.stringify(await t.ask('list_approvals'))).toContain('protected: shop_postgres_1');
  t.write({ postgres: {}, web: { environment: { A: '1' } } });
  expect(await t.act('deploy_stack', { paths: ['shop/compose.yml'], ...QUICK })).toMatchObject({
    outcome: 'succeeded',
  });
});

test('an HTTP probe of the file decides when it is ready', async () => {
  const server = createServer((_, answer) => answer.end('ok')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  t = await stackApp(await engine(), 'shop');
  t.write({ web: { 'x-homeostat': { probe: `http://127.0.0.1:${port}/health` } } });
  expect(await t.deploy(QUICK)).toMatchObject({ outcome: 'succeeded' });
  server.close();
  t.write({ web: { 'x-homeostat': { probe: 'http://example.org/' }, command: ['sleep', '99'] } });
  expect(await t.deploy(QUICK)).toMatchObject({ outcome: 'denied', error: { code: 'invalid_input' } });
});

test('what ran before is waited for by the probe that it was deployed with', async () => {
  const on = await engine();
  let [ready, asked] = [true, 0];
  const server = createServer((_, answer) => {
    asked += 1;
    answer.writeHead(ready ? 200 : 503).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const probe = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  t = await stackApp(on, 'shop');
  t.write({ web: { 'x-homeostat': { probe } } });
  expect(await t.deploy(QUICK)).toMatchObject({ outcome: 'succeeded' });
  // The new version has no probe and ends at once; from then on the old one answers only after a while.
  t.write({ web: { command: ['sh', '-c', 'exit 3'] } });
  const approvedAt = asked;
  let backAt = Number.POSITIVE_INFINITY;
  const watch = setInterval(() => {
    if (asked > approvedAt && ready && backAt === Number.POSITIVE_INFINITY) {
      ready = false;
      backAt = performance.now() + 2500;
    }
    if (performance.now() > backAt) ready = true;
  }, 5);
  const failed = await t.deploy(QUICK);
  clearInterval(watch);
  expect(failed).toMatchObject({ outcome: 'rolled_back' });
  expect(performance.now()).toBeGreaterThan(backAt);
  // One that answers nothing any more is not waited for.
  ready = false;
  const again = await t.deploy(QUICK);
  expect(again).toMatchObject({ outcome: 'rolled_back' });
  server.close();
});

describe('stack_drift', () => {
  test('tells what somebody has changed by hand, with secrets masked', async () => {
    const on = await engine();
    await running('shop');
    const paths = { paths: ['shop/compose.yml'] };
    expect((await t.ask('stack_drift', paths)).result).toMatchObject({ same: true, differences: [] });
    const web = on.docker.getContainer('shop_web_1');
    await web.update({ Memory: 32 << 20, MemorySwap: 64 << 20, RestartPolicy: { Name: 'always' } });
    await on.docker.getContainer('shop_db_1').remove({ force: true });
    await on.docker.createContainer({
      name: 'by-hand',
      Image: 'busy:1',
      Cmd: ['true'],
      Labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'hand' },
    });
    t.write(
      { web: { environment: { A: '1', DB_PASSWORD: 'tr0ub4dor-and-three' }, labels: { team: 'x' } }, db },
      VOLUMES,
    );
    const { result } = await t.ask('stack_drift', paths);
    expect(result).toMatchObject({ same: false, project: 'shop' });
    const told = (
      result as { differences: { service: string; key: string; file: string | null; runs: string | null }[] }
    ).differences;
    expect(told.map(({ service, key, file, runs }) => [service, key, file, runs])).toEqual(
      expect.arrayContaining([
        ['web', 'limits.memory', null, String(32 << 20)],
        ['web', 'restart', 'no', 'always'],
        ['web', 'environment.DB_PASSWORD', '[redacted]', null],
        ['web', 'labels.team', 'x', null],
        ['db', 'container', 'missing', null],
        ['hand', 'container', null, 'extra, created'],
      ]),
    );
  });

  test('compares what a protected file sets, and shows nothing of it', async () => {
    t = await stackApp(await engine(), 'shop');
    const set = (word: string, port: number, net: number): void =>
      writeFileSync(
        join(t.folder, '.env'),
        `VERSION=1\nWORD=${word}\nPORT=${port}\nNET=10.93.${net}.0/24\nWHERE=/at-${word}\n`,
      );
    set('hunter2hunter2', 38_431, 21);
    t.write(
      {
        web: {
          image: 'busy:${VERSION}',
          network_mode: undefined,
          networks: { front: {} },
          environment: { WORD: '${WORD}' },
          ports: ['${PORT}:25'],
          tmpfs: ['${WHERE}'],
          labels: { 'traefik.enable': true, 'traefik.priority': 7 },
          logging: { driver: 'json-file', options: { 'max-file': 3 } },
        },
      },
      {
        networks: {
          front: { internal: true, labels: { own: true }, ipam: { config: [{ subnet: '${NET}' }] } },
        },
      },
    );
    expect(await t.deploy(QUICK)).toMatchObject({ outcome: 'succeeded' });
    const drift = async (): Promise<unknown> =>
      (await t.ask('stack_drift', { paths: ['shop/compose.yml'] })).result;
    expect(await drift()).toMatchObject({ same: true, differences: [], not_compared: [] });
    const again = await t.deploy({ dry_run: true });
    expect(again.effects?.diff).not.toMatch(/recreate/);
    expect(JSON.stringify(again)).not.toContain('hunter2');
    // The containers have the value itself, and what is no text in the file as Compose 2 writes it.
    const { Config } = await (await engine()).docker.getContainer('shop_web_1').inspect();
    expect(Config.Env).toContain('WORD=hunter2hunter2');
    expect(Config.Labels).toMatchObject({ 'traefik.enable': 'true', 'traefik.priority': '7' });
    set('trustno1-trustno1', 38_432, 22);
    const other = await drift();
    const hidden = ['[redacted]', '[redacted]'];
    expect(
      (other as { differences: { key: string; file: string | null; runs: string | null }[] }).differences.map(
        ({ key, file, runs }) => [key, file, runs],
      ),
    ).toEqual(
      expect.arrayContaining([
        ['environment.WORD', ...hidden],
        ['ports.[redacted]', '[redacted]', null],
        ['ports.:38431->25/tcp', null, 'published'],
        ['tmpfs.[redacted]', '[redacted]', null],
        ['networks.shop_front.subnet', ...hidden],
      ]),
    );
    expect(JSON.stringify(other)).not.toMatch(/trustno1|38432|10\.93/);
  });
});

describe('git', () => {
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
      cwd: t.folder,
      encoding: 'utf8',
    });

  test('commits the Compose file alone, on a branch that is not protected, and runs nothing of the repository', async () => {
    t = await stackApp(await engine(), 'shop');
    t.write({ web: {} });
    git('init', '-q', '-b', 'main');
    git('commit', '-q', '--allow-empty', '-m', 'first');
    expect(await t.deploy(QUICK)).toMatchObject({
      result: { git: expect.stringContaining('main is a protected branch') },
    });
    git('switch', '-q', '-c', 'deploys');
    const ran = join(t.folder, 'ran');
    for (const hook of ['pre-commit', 'post-commit', 'reference-transaction', 'post-index-change']) {
      writeFileSync(join(t.folder, '.git/hooks', hook), `#!/bin/sh\ntouch ${ran}\n`);
      chmodSync(join(t.folder, '.git/hooks', hook), 0o755);
    }
    for (const [key, value] of [
      ['core.fsmonitor', `touch ${ran}`],
      ['filter.x.clean', `touch ${ran}; cat`],
      ['commit.gpgsign', 'true'],
      ['gpg.program', `touch ${ran}`],
    ])
      git('config', key ?? '', value ?? '');
    writeFileSync(join(t.folder, '.gitattributes'), '* filter=x\n');
    writeFileSync(join(t.folder, 'other.txt'), 'not to be committed');
    t.write({ web: { environment: { A: '2' } } });
    const done = await t.deploy({ ...QUICK, reason: 'a try' });
    expect(done).toMatchObject({ result: { git: expect.stringMatching(/^[0-9a-f]{40} on deploys$/) } });
    expect(existsSync(ran)).toBe(false);
    expect(
      git('-c', 'core.fsmonitor=false', 'show', '--format=%an %s', '--name-only', 'HEAD').trim().split('\n'),
    ).toEqual(['homeostat Deploy shop', '', 'compose.yml']);
    expect(git('show', 'HEAD:compose.yml')).toBe(readFileSync(join(t.folder, 'compose.yml'), 'utf8'));
    t.write({ web: { command: ['nothing'] } });
    expect(await t.deploy(QUICK)).toMatchObject({
      outcome: 'rolled_back',
      result: { git: 'not committed: it failed' },
    });
  });
});
