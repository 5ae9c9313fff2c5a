import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { wait } from '../contract/cases.ts';
import { engineForTests } from '../helpers/engine.ts';
import { clear } from './cases.ts';
import { type StackApp, stackApp } from './stacks.ts';
import { worldOf } from './world.ts';

const engine = engineForTests();
const QUICK = { stable_seconds: 0.2 };
let t: StackApp;

/** With what an edit must not touch: comments, quotes, an ending of its own. */
const FILE = `# the shop\r
services:\r
  web: {image: "busy:1", network_mode: none, stop_grace_period: 0s, command: [sh, -c, "sleep 1000"], environment: {A: '1', V: "\${V}"}}   # here\r
`;
const ENV = '# values\nV=one\nPIN=4711\n';

const stats = (path: string): unknown[] => {
  const { ino, mode, uid, gid, mtimeMs, size } = lstatSync(path);
  return [ino, mode, uid, gid, mtimeMs, size];
};
const files = (): unknown =>
  ['compose.yml', '.env'].map((name) => {
    const path = join(t.folder, name);
    return [name, readFileSync(path, 'latin1'), ...stats(path)];
  });
const edits = (command: unknown[], value = 'two'): object[] => [
  {
    path: 'shop/compose.yml',
    operations: [{ op: 'set_field', service: 'web', name: 'command', value: command }],
  },
  { path: 'shop/.env', variables: { V: value } },
];

beforeEach(async () => {
  t = await stackApp(await engine(), 'shop');
  writeFileSync(join(t.folder, 'compose.yml'), FILE);
  writeFileSync(join(t.folder, '.env'), ENV);
  chmodSync(join(t.folder, '.env'), 0o600);
  await t.deploy(QUICK);
});
afterEach(async () => {
  await t.close();
  await clear(await engine());
});

test('files and containers change together, and go back and forth together', async () => {
  const on = await engine();
  const [then, before] = [await worldOf(on), files()];
  const done = await t.deploy({ ...QUICK, edits: edits(['sleep', '999']) });
  expect(done, JSON.stringify(done.error)).toMatchObject({ outcome: 'succeeded' });
  expect(done.effects?.diff).toMatch(/-.*sleep 1000.*\n.*\+.*999/s);
  expect(done.effects?.diff).toMatch(/\.env: not shown\n/);
  expect(JSON.stringify(done)).not.toMatch(/4711|"two"/);
  expect(readFileSync(join(t.folder, 'compose.yml'), 'utf8')).toBe(
    FILE.replace('[sh, -c, "sleep 1000"]', '[sleep, "999"]'),
  );
  expect(readFileSync(join(t.folder, '.env'), 'utf8')).toBe(ENV.replace('one', 'two'));
  expect(lstatSync(join(t.folder, '.env')).mode & 0o777).toBe(0o600);
  const { Config } = await on.docker.getContainer('shop_web_1').inspect();
  expect(Config.Env).toContain('V=two');
  const [now, after] = [await worldOf(on), files()];
  let last = done;
  for (const [world, held] of [
    [then, before],
    [now, after],
    [then, before],
  ]) {
    const asked = await t.act('rollback', { id: last.snapshot_id });
    if (asked.outcome === 'held') await t.approve(asked.action_id ?? '');
    last = asked.outcome === 'held' ? await wait(t, asked.action_id ?? '', 45) : asked;
    expect(last, JSON.stringify(last.error)).toMatchObject({ outcome: 'succeeded' });
    expect(await worldOf(on)).toEqual(world);
    expect(files()).toEqual(held);
  }
});

test('a deploy that fails puts the files back to the byte, with inode, mode and times', async () => {
  const on = await engine();
  const [then, before] = [await worldOf(on), files()];
  const failed = await t.deploy({ ...QUICK, edits: edits(['nothing']) });
  expect(failed).toMatchObject({ outcome: 'rolled_back', error: { code: 'deploy_failed' } });
  expect(failed.error?.message).toContain('the files are as they were');
  expect(files()).toEqual(before);
  expect(await worldOf(on)).toEqual(then);
});

test('a dry run and a denied deploy write nothing, and what is wrong with an edit is said', async () => {
  const before = files();
  const dry = await t.deploy({ ...QUICK, dry_run: true, edits: edits(['sleep', '5']) });
  expect(dry.effects?.diff).toContain('recreate web');
  const wrong: [object, string][] = [
    [{ path: 'shop/compose.yml' }, 'invalid_input'],
    [{ path: 'shop/compose.yml', operations: [{ op: 'nothing' }] }, 'invalid_input'],
    [
      { path: 'shop/compose.yml', operations: [{ op: 'set_image', service: 'no', image: 'x' }] },
      'edit_refused',
    ],
    [
      { path: '../outside.yml', operations: [{ op: 'set_image', service: 'web', image: 'x' }] },
      'outside_roots',
    ],
    [{ path: 'shop/.env', variables: { V: '[redacted]' } }, 'marker_written'],
  ];
  for (const [edit, code] of wrong)
    expect((await t.deploy({ edits: [edit] })).error?.code, JSON.stringify(edit)).toBe(code);
  expect((await t.deploy({ edits: [...edits(['a']), ...edits(['b'])] })).error?.code).toBe('invalid_input');
  expect(files()).toEqual(before);
});

test('no value of a file of secrets can be guessed by what a dry run says', async () => {
  const shown = async (PIN: string): Promise<unknown> => {
    const { effects, risk, decision } = await t.act('deploy_stack', {
      paths: ['shop/compose.yml'],
      dry_run: true,
      edits: [{ path: 'shop/.env', variables: { PIN } }],
    });
    return { effects, risk, decision };
  };
  expect(await shown('4711')).toEqual(await shown('4712'));
  expect(await shown('4711')).toEqual(await shown('a much longer one'));
});

test('power that comes by an edit is asked about, also where its service is not among those that are deployed', async () => {
  const operations = [
    { op: 'add_service', service: 'evil', definition: { image: 'busy:1', privileged: true } },
  ];
  const report = await t.act('deploy_stack', {
    paths: ['shop/compose.yml'],
    services: ['web'],
    edits: [{ path: 'shop/compose.yml', operations }],
  });
  expect(report.outcome).toBe('held');
  expect((report.risk?.factors ?? []).map(({ rule }) => rule)).toContain('compose-host-control');
  // By a variable as well.
  writeFileSync(
    join(t.folder, 'compose.yml'),
    FILE.replace('network_mode: none', 'network_mode: "${MODE:-none}"'),
  );
  const byName = await t.act('deploy_stack', {
    paths: ['shop/compose.yml'],
    edits: [{ path: 'shop/.env', variables: { MODE: 'host' } }],
  });
  expect(byName.outcome).toBe('held');
  expect((byName.risk?.factors ?? []).map(({ rule }) => rule)).toContain('compose-privileged');
});

test('a file that changed while it waited for a person is not written over', async () => {
  const asked = await t.act('deploy_stack', {
    paths: ['shop/compose.yml'],
    ...QUICK,
    edits: edits(['sleep', '7']),
  });
  expect(asked.outcome).toBe('held');
  await t.approve(asked.action_id ?? '');
  writeFileSync(join(t.folder, '.env'), `${ENV}MORE=1\n`);
  const report = await wait(t, asked.action_id ?? '', 20);
  expect(report.outcome).not.toBe('succeeded');
  expect(readFileSync(join(t.folder, '.env'), 'utf8')).toBe(`${ENV}MORE=1\n`);
  expect(readFileSync(join(t.folder, 'compose.yml'), 'utf8')).toBe(FILE);
});

test('a new env file is its owner’s alone, and gone again after an undo', async () => {
  mkdirSync(join(t.folder, 'sub'), { recursive: true });
  const path = join(t.folder, 'sub', 'web.env');
  const done = await t.deploy({
    ...QUICK,
    edits: [
      { path: 'shop/sub/web.env', variables: { TOKEN: 'abc' } },
      {
        path: 'shop/compose.yml',
        operations: [{ op: 'set_field', service: 'web', name: 'env_file', value: 'sub/web.env' }],
      },
    ],
  });
  expect(done, JSON.stringify(done.error)).toMatchObject({ outcome: 'succeeded' });
  expect(lstatSync(path).mode & 0o777).toBe(0o600);
  const { Config } = await (await engine()).docker.getContainer('shop_web_1').inspect();
  expect(Config.Env).toContain('TOKEN=abc');
  const asked = await t.act('rollback', { id: done.snapshot_id });
  if (asked.outcome === 'held') {
    await t.approve(asked.action_id ?? '');
    await wait(t, asked.action_id ?? '', 45);
  }
  expect(existsSync(path)).toBe(false);
});
