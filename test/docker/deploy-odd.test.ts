import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { wait } from '../contract/cases.ts';
import { testApp } from '../helpers/app.ts';
import { engineForTests } from '../helpers/engine.ts';
import { scratch } from '../helpers/scratch.ts';
import { describeWithMounts, smallDisk } from '../helpers/small-disk.ts';
import { sql } from '../helpers/sql.ts';
import { act, clear } from './cases.ts';
import { COMMON, CONFIG, type StackApp, stackApp } from './stacks.ts';
import { worldOf } from './world.ts';

const engine = engineForTests();
const QUICK = { stable_seconds: 0.2 };
let t: StackApp;

afterEach(async () => {
  await t.close();
  await clear(await engine());
});

test('of two servers that deploy one stack at once none leaves the half of it, and files and containers agree', async () => {
  const on = await engine();
  t = await stackApp(on, 'shop');
  t.write({ web: { environment: { BY: 'nobody' } } });
  await t.deploy(QUICK);
  const two = await testApp({ on: t });
  const by = (who: string): object => ({
    ...QUICK,
    paths: ['shop/compose.yml'],
    edits: [
      { path: 'shop/compose.yml', operations: [{ op: 'set_env', service: 'web', name: 'BY', value: who }] },
    ],
  });
  const reports = await Promise.all([t.act('deploy_stack', by('one')), two.act('deploy_stack', by('two'))]);
  const done = reports.filter(({ outcome }) => outcome === 'succeeded');
  expect(done.length, JSON.stringify(reports.map(({ error }) => error))).toBeGreaterThan(0);
  for (const { outcome, error } of reports)
    if (outcome !== 'succeeded') expect(error?.code).toMatch(/resource_busy|world_changed|not_found/);
  const containers = await on.docker.listContainers({ all: true });
  expect(containers.map(({ Names, State }) => [Names, State])).toEqual([[['/shop_web_1'], 'running']]);
  const { Config } = await on.docker.getContainer('shop_web_1').inspect();
  const said = /"BY": "(\w+)"/.exec(readFileSync(join(t.folder, 'compose.yml'), 'utf8'))?.[1];
  expect(Config.Env).toContain(`BY=${said}`);
  await two.close();
});

const NAMES = ['-rf $(touch pwned)', 'new\nline', "ünïcode it's `touch pwned`;#%s\\n"];

test.each(NAMES)(
  'a stack in a folder that is called %j is built, deployed and committed, and nothing else happens',
  async (name) => {
    const on = await engine();
    t = await stackApp(on, name);
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
        cwd: t.root,
        encoding: 'utf8',
      });
    git('init', '-q', '-b', 'deploys');
    git('commit', '-q', '--allow-empty', '-m', 'first');
    mkdirSync(join(t.folder, name));
    writeFileSync(join(t.folder, name, 'Dockerfile'), 'FROM busy:1\nCOPY here /here\n');
    writeFileSync(join(t.folder, name, 'here'), name);
    writeFileSync(join(t.folder, 'web.env'), 'A=1\n');
    t.write({
      web: {
        image: undefined,
        build: { context: `./${name.replaceAll('$', '$$$$')}`, network: 'none' },
        env_file: './web.env',
        volumes: [{ type: 'bind', source: './data', target: '/data' }],
      },
    });
    const done = await act(t, 'deploy_stack', { paths: [`${name}/compose.yml`], project: 'odd', ...QUICK });
    expect(done, JSON.stringify(done.error)).toMatchObject({ outcome: 'succeeded' });
    expect(done.result).toMatchObject({ git: expect.stringMatching(/^[0-9a-f]{40} on deploys$/) });
    expect(
      git('-c', 'core.quotepath=false', 'show', '-z', '--format=', '--name-only').replaceAll('\0', ''),
    ).toBe(`${name}/compose.yml`);
    const { Config, HostConfig } = await on.docker.getContainer('odd_web_1').inspect();
    expect(Config.Env).toContain('A=1');
    expect(HostConfig.Binds?.[0] ?? HostConfig.Mounts?.[0]?.Source).toContain(join(t.folder, 'data'));
    const inside = await act(t, 'exec_in_container', { container: 'odd_web_1', command: 'cat /here' });
    expect((inside.result as { stdout: string }).stdout).toBe(name);
    for (const folder of [t.root, t.folder, '/', t.home]) expect(readdirSync(folder)).not.toContain('pwned');
    expect(existsSync('pwned')).toBe(false);
  },
);

test('a folder that is swapped for a link after a person said yes is not given to a container', async () => {
  const on = await engine();
  t = await stackApp(on, 'shop');
  t.write({ web: { privileged: true, volumes: ['./data:/data'] } });
  const asked = await t.act('deploy_stack', { paths: ['shop/compose.yml'], ...QUICK });
  expect(asked).toMatchObject({ outcome: 'held' });
  await t.approve(asked.action_id ?? '');
  renameSync(join(t.folder, 'data'), join(t.folder, 'gone'));
  symlinkSync('/etc', join(t.folder, 'data'));
  const report = await wait(t, asked.action_id ?? '', 10);
  expect(report.outcome).not.toBe('succeeded');
  expect(await on.docker.listContainers({ all: true })).toEqual([]);
  // Swapped while Compose is at work, it is noticed when the container stands.
  t.write({ web: { volumes: ['./mine:/data'] } });
  mkdirSync(join(t.folder, 'mine'));
  const swapping = await testApp({
    on: t,
    trace(step) {
      if (step !== 'preserved' || existsSync(join(t.folder, 'was'))) return;
      renameSync(join(t.folder, 'mine'), join(t.folder, 'was'));
      symlinkSync('/etc', join(t.folder, 'mine'));
    },
  });
  sql(t.home, 'DELETE FROM breakers');
  const swapped = await act(swapping, 'deploy_stack', { paths: ['shop/compose.yml'], ...QUICK });
  expect(swapped, JSON.stringify(swapped.error)).toMatchObject({ outcome: 'rolled_back' });
  expect(swapped.error?.message).toContain('leads elsewhere than when it was approved');
  expect(await on.docker.listContainers({ all: true })).toEqual([]);
  await swapping.close();
});

test('power that comes by another file is asked about: include, several files, and the variables of an include', async () => {
  t = await stackApp(await engine(), 'shop');
  const file = (name: string, content: object | string): void =>
    writeFileSync(join(t.folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  const plain = { services: { web: COMMON } };
  file('evil.yml', { services: { evil: { ...COMMON, privileged: true } } });
  file('over.yml', { services: { web: { volumes: ['/:/h'] } } });
  file('named.yml', { services: { evil: { ...COMMON, network_mode: '${MODE:-none}' } } });
  file('vars.txt', 'MODE=host\n');
  file('net.yml', {
    services: { web: { network_mode: null, networks: ['n'] } },
    networks: { n: { external: true, name: 'host' } },
  });
  file('bind.yml', {
    services: { web: { volumes: ['v:/v'] } },
    volumes: { v: { driver_opts: { type: 'nfs', o: 'bind', device: '/etc' } } },
  });
  const ways: [object, string[], string][] = [
    [{ ...plain, include: ['evil.yml'] }, [], 'compose-host-control'],
    [{ ...plain, include: [{ path: 'named.yml', env_file: 'vars.txt' }] }, [], 'compose-privileged'],
    [plain, ['over.yml'], 'compose-host-control'],
    [plain, ['net.yml'], 'compose-privileged'],
    [plain, ['bind.yml'], 'compose-host-control'],
    [
      {
        services: { web: { ...COMMON, volumes: [{ type: 'volume', source: '/etc', target: '/x' }] } },
        volumes: { '/etc': {} },
      },
      [],
      'compose-host-control',
    ],
  ];
  for (const [content, more, rule] of ways) {
    file('compose.yml', content);
    const paths = ['compose.yml', ...more].map((name) => `shop/${name}`);
    const report = await t.act('deploy_stack', { paths, ...QUICK });
    expect(report.outcome, JSON.stringify([content, more, report.error])).toBe('held');
    expect((report.risk?.factors ?? []).map((factor) => factor.rule)).toContain(rule);
  }
  expect(await (await engine()).docker.listContainers({ all: true })).toEqual([]);
});

describeWithMounts('a full disk', import.meta.filename, () => {
  test.each(['recorded', 'committing', 'preserved'])(
    'under the state at %s: nothing is half done',
    async (point) => {
      const on = await engine();
      const place = scratch(CONFIG);
      const disk = smallDisk(place);
      // The first of these servers enrols a person, who is asked for nothing on a full disk.
      t = await stackApp(on, 'shop', place);
      t.write({ web: { environment: { A: '1' } } });
      await t.deploy(QUICK);
      const [then, file] = [await worldOf(on), readFileSync(join(t.folder, 'compose.yml'), 'utf8')];
      const filling = await testApp({ on: t, trace: (step) => void (step === point && disk.fill()) });
      if (point === 'recorded') disk.fill();
      const operations = [{ op: 'set_env', service: 'web', name: 'A', value: '2' }];
      const report = await filling.act('deploy_stack', {
        ...QUICK,
        paths: ['shop/compose.yml'],
        edits: [{ path: 'shop/compose.yml', operations }],
      });
      expect(report.outcome, JSON.stringify(report.error)).not.toBe('succeeded');
      expect(report.error).not.toBeNull();
      await filling.close();
      disk.free();
      const next = await testApp({ on: t });
      await next.app.ready();
      expect(await worldOf(on)).toEqual(then);
      expect(readFileSync(join(t.folder, 'compose.yml'), 'utf8')).toBe(file);
      await next.close();
    },
  );
});
