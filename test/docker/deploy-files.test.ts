import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ActionReport } from '../../src/core/outcome.ts';
import { engineForTests } from '../helpers/engine.ts';
import { act, clear } from './cases.ts';
import { COMMON, type StackApp, stackApp } from './stacks.ts';

const engine = engineForTests();
const QUICK = { stable_seconds: 0.1 };
let t: StackApp;

const put = (name: string, text: string): void => writeFileSync(join(t.folder, name), text);
const read = (name: string): string => readFileSync(join(t.folder, name), 'utf8');
const compose = (command: string): void =>
  put(
    'compose.yml',
    JSON.stringify({
      services: {
        web: { ...COMMON, env_file: 'web.env', command: ['sleep', command], labels: { v: '${V}' } },
      },
    }),
  );
const env = async (): Promise<string[]> => {
  const { docker } = await engine();
  const { Config } = await docker.getContainer('shop_web_1').inspect();
  return Config.Env.filter((one) => one.startsWith('A='));
};
const undo = async (id: string | null | undefined): Promise<ActionReport> => act(t, 'rollback', { id });

beforeEach(async () => {
  t = await stackApp(await engine(), 'shop');
  compose('1000');
  put('.env', 'V=1 # first\n');
  put('web.env', 'A=one\n');
});
afterEach(async () => {
  await t.close();
  await clear(await engine());
});

test('an undo puts files back that somebody had changed before the deploy, but none that was changed since', async () => {
  const names = ['compose.yml', '.env', 'web.env'];
  const first = names.map(read);
  await t.deploy(QUICK);
  compose('2000');
  put('.env', 'V=2\n');
  put('web.env', 'A=two\n');
  const second = await t.deploy(QUICK);
  expect(second, JSON.stringify(second.error)).toMatchObject({ outcome: 'succeeded' });
  const then = names.map(read);
  for (const name of ['.env', 'compose.yml']) {
    const held = read(name);
    put(name, `${held}\n`);
    const refused = await undo(second.snapshot_id);
    expect(refused.error?.code, name).toBe('rollback_conflict');
    expect(refused.error?.message).toContain(`shop/${name}`);
    put(name, held);
  }
  expect([await env(), names.map(read)]).toEqual([['A=two'], then]);
  let last = second;
  for (const [files, value] of [
    [first, 'A=one'],
    [then, 'A=two'],
    [first, 'A=one'],
  ]) {
    last = await undo(last.snapshot_id);
    expect(last, JSON.stringify(last.error)).toMatchObject({ outcome: 'succeeded' });
    expect(names.map(read)).toEqual(files);
    expect(await env()).toEqual([value]);
    expect(JSON.stringify(last)).not.toMatch(/V=[12]|# first/);
  }
  // What runs and what the files say are one, so that nothing is left to be done.
  expect((await t.deploy({ ...QUICK, dry_run: true })).effects?.diff).not.toMatch(/recreate|create/);
});

test('a deploy that fails leaves what others had changed, and names it; an undo puts that back with its own edits', async () => {
  await t.deploy(QUICK);
  put('web.env', 'A=two\n');
  const operations = [{ op: 'set_field', service: 'web', name: 'command', value: ['nothing'] }];
  const failed = await t.deploy({ ...QUICK, edits: [{ path: 'shop/compose.yml', operations }] });
  expect(failed).toMatchObject({ outcome: 'rolled_back', error: { code: 'deploy_failed' } });
  expect(failed.error?.message).toContain('shop/web.env had been changed before it');
  expect([read('web.env'), await env()]).toEqual(['A=two\n', ['A=one']]);
  const second = await t.deploy({ ...QUICK, edits: [{ path: 'shop/.env', variables: { V: '3' } }] });
  expect(second, JSON.stringify(second.error)).toMatchObject({ outcome: 'succeeded' });
  const back = await undo(second.snapshot_id);
  expect(back, JSON.stringify(back.error)).toMatchObject({ outcome: 'succeeded' });
  expect([read('.env'), read('web.env')]).toEqual(['V=1 # first\n', 'A=one\n']);
  const again = await undo(back.snapshot_id);
  expect(again, JSON.stringify(again.error)).toMatchObject({ outcome: 'succeeded' });
  expect([read('.env'), read('web.env')]).toEqual(['V=3 # first\n', 'A=two\n']);
});

test('a label that somebody forges leads to no files but those of a deploy of this very stack', async () => {
  await t.deploy(QUICK);
  const { docker } = await engine();
  const own = await docker.getContainer('shop_web_1').inspect();
  const written = await t.act('write_file', { path: 'shop/other.txt', content: 'of another action' });
  put('evil.yml', JSON.stringify({ name: 'other', services: { web: { ...COMMON, env_file: 'web.env' } } }));
  for (const forged of [written.action_id ?? '', own.Config.Labels['homeostat.deploy'] ?? '']) {
    put('web.env', 'A=one\n');
    await docker.createContainer({
      name: 'other_web_1',
      Image: 'busy:1',
      Cmd: ['sleep', '1000'],
      Labels: {
        'com.docker.compose.project': 'other',
        'com.docker.compose.service': 'web',
        'com.docker.compose.container-number': '1',
        'com.docker.compose.oneoff': 'False',
        'com.docker.compose.config-hash': 'none',
        'com.docker.compose.version': '1.29.2',
        'homeostat.deploy': forged,
      },
      HostConfig: { NetworkMode: 'none' },
    });
    put('web.env', 'A=three\n');
    const done = await act(t, 'deploy_stack', { paths: ['shop/evil.yml'], ...QUICK });
    expect(done, JSON.stringify(done.error)).toMatchObject({ outcome: 'succeeded' });
    const back = await undo(done.snapshot_id);
    expect(back, JSON.stringify(back.error)).toMatchObject({ outcome: 'succeeded' });
    expect(read('web.env')).toBe('A=three\n');
    await docker.getContainer('other_web_1').remove({ force: true });
  }
  expect(read('other.txt')).toBe('of another action');
});
