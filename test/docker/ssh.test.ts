import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type TestApp, testApp } from '../helpers/app.ts';
import { cli } from '../helpers/cli-process.ts';
import { engineForTests, type TestEngine } from '../helpers/engine.ts';
import { needProgram } from '../helpers/needs.ts';
import { eventually, processesWith } from '../helpers/processes.ts';
import { scratch } from '../helpers/scratch.ts';
import { type SshHost, startSshd } from '../helpers/ssh.ts';
import { act, appOn, clear } from './cases.ts';
import { folderOf } from './objects.ts';
import { manifestOf } from '../helpers/manifest.ts';
import { CONFIG, stackApp } from './stacks.ts';
import { furnish, worldOf } from './world.ts';

const engine = engineForTests();
let started: Promise<SshHost> | undefined;
let on: TestEngine;
let ssh: SshHost;
let far: { host: string; env: NodeJS.ProcessEnv };

beforeEach(async () => {
  needProgram('sshd');
  [on, ssh] = await Promise.all([engine(), (started ??= startSshd())]);
  const host = `ssh://${ssh.user}@127.0.0.1:${ssh.port}${on.host.slice('unix://'.length)}`;
  far = { host, env: { PATH: `${ssh.bin}:${process.env['PATH']}` } };
  ssh.know(ssh.line);
});
afterEach(async () => clear(on));
afterAll(async () => (await started)?.stop());

const app = async (host = far.host): Promise<TestApp> => appOn({ host }, '', far.env);

describe('an engine over SSH', () => {
  test('a host that is not known, or has another key, is not talked to, whatever the settings of ssh say', async () => {
    const t = await app();
    const list = async (): Promise<string> => (await t.ask('list_containers')).error?.message ?? 'answered';
    ssh.know('');
    expect(await list()).toMatch(/ssh:\/\/.*Host key verification failed/);
    const [name, type] = ssh.line.split(' ');
    const other = execFileSync('sh', [
      '-c',
      'd=$(mktemp -d); ssh-keygen -q -t ed25519 -N "" -f $d/k; cut -d" " -f2 $d/k.pub; rm -r $d',
    ]).toString();
    ssh.know(`${name} ${type} ${other}`);
    expect(await list()).toMatch(/Host key verification failed/);
    expect(ssh.accepted()).toBe(0);
    ssh.know(ssh.line);
    expect(await list()).toBe('answered');
    await t.close();
  });

  test('containers are worked on and brought back as on this machine, over few connections', async () => {
    await furnish(on, 'shop');
    const t = await app();
    const before = await worldOf(on);
    const accepted = ssh.accepted();
    const removed = await act(t, 'remove_container', { container: 'shop' });
    expect(removed, JSON.stringify(removed.error)).toMatchObject({ outcome: 'succeeded' });
    expect(await worldOf(on)).not.toEqual(before);
    const undone = await act(t, 'rollback', { id: removed.snapshot_id });
    expect(undone, JSON.stringify(undone.error)).toMatchObject({ outcome: 'succeeded' });
    expect(await worldOf(on)).toEqual(before);
    const ran = await act(t, 'exec_in_container', {
      container: 'shop',
      command: 'seq 1 50000; echo end >&2',
    });
    expect(ran.result).toMatchObject({ exit_code: 0, stderr: 'end\n' });
    const late = await act(t, 'exec_in_container', {
      container: 'shop',
      command: 'sleep 1000',
      timeout_seconds: 1,
    });
    expect(late.result).toMatchObject({ exit_code: null, timed_out: true });
    const logs = (await t.ask('container_logs', { container: 'shop' })).result as { text: string };
    expect(JSON.stringify(logs)).toContain('ready');
    expect(ssh.accepted() - accepted).toBeLessThan(12);
    await t.close();
  });

  test('what a connection that is lost, or a program that is missing, means is said; the next call makes another', async () => {
    const t = await app();
    const list = async (): Promise<string> => (await t.ask('list_containers')).error?.message ?? 'answered';
    expect(await list()).toBe('answered');
    ssh.cut();
    await sleep(300);
    expect(await list()).toBe('answered');
    await t.close();
    const nowhere = await app(`${far.host}-not-there`);
    expect((await nowhere.ask('list_containers')).error).toMatchObject({
      code: 'engine_unreachable',
      message: expect.stringMatching(/ssh:.*(dial unix|connect)/) as string,
    });
    await nowhere.close();
  });

  test('where the way is lost while the engine still stops a container, what is said of it is so', async () => {
    // It does not hear that it is to end, so that the engine ends it after its time.
    const made = { Image: 'busy:1', name: 'deaf', Cmd: ['sleep', '1000'] };
    await (await on.docker.createContainer(made)).start();
    const t = await app();
    const { StartedAt } = (await on.docker.getContainer('deaf').inspect()).State;
    const events = await on.docker.getEvents({ filters: { event: ['kill'] } });
    const going = act(t, 'stop_container', { container: 'deaf', timeout_seconds: 6 });
    await once(events, 'data');
    ssh.cut();
    expect(await going).toMatchObject({ outcome: 'rolled_back', error: { code: 'engine_unreachable' } });
    (events as Readable).destroy();
    // The engine has gone on and was waited for: what runs was started once more.
    const { State } = await on.docker.getContainer('deaf').inspect();
    expect(State.Running).toBe(true);
    expect(State.StartedAt).not.toBe(StartedAt);
    await t.close();
  });

  test('what a volume holds is kept by way of the engine, and comes back', async () => {
    const t = await app();
    await on.docker.createVolume({ Name: 'far' });
    const folder = await folderOf(on, 'far');
    writeFileSync(join(folder, 'big'), randomBytes(5 << 20));
    for (const path of [join(folder, 'big'), folder]) utimesSync(path, 1_500_000_000, 1_500_000_000);
    const then = manifestOf(folder);
    const removed = await act(t, 'remove_volume', { volume: 'far' });
    expect(removed, JSON.stringify(removed.error)).toMatchObject({ outcome: 'succeeded' });
    const undone = await act(t, 'rollback', { id: removed.snapshot_id });
    expect(undone, JSON.stringify(undone.error)).toMatchObject({ outcome: 'succeeded' });
    expect(manifestOf(await folderOf(on, 'far'))).toEqual(then);
    await t.close();
  });

  test('its containers are measured by what it counts', async () => {
    const place = scratch('toolsets: [core, metrics]\n');
    Object.assign(place.env, far.env, { DOCKER_HOST: far.host });
    const t = await testApp({ on: place });
    const made = { Image: 'busy:1', name: 'measured', Cmd: ['sleep', '1000'] };
    await (await on.docker.createContainer(made)).start();
    const { result } = await t.ask('get_metrics', { of: 'containers' });
    expect(result).toMatchObject({ source: 'engine', containers: [{ name: 'measured', now: { pids: 1 } }] });
    await t.close();
  });

  test('a stack is deployed and taken back, and no socket of it is left', async () => {
    const sockets = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('homeostat-far-'));
    const place = scratch(CONFIG);
    Object.assign(place.env, far.env);
    const t = await stackApp({ ...on, host: far.host }, 'shop', place);
    t.write({ web: {} });
    const first = await t.deploy({ stable_seconds: 0.2 });
    expect(first, JSON.stringify(first.error)).toMatchObject({ outcome: 'succeeded' });
    const then = await worldOf(on);
    t.write({ web: { command: ['false'] } });
    expect(await t.deploy({ stable_seconds: 0.2 })).toMatchObject({ outcome: 'rolled_back' });
    expect(await worldOf(on)).toEqual(then);
    expect(sockets()).toEqual([]);
    await t.close();
  });

  test('a call in a terminal ends with its answer, and leaves no ssh behind', async () => {
    const place = scratch('toolsets: [core, docker]\n');
    Object.assign(place.env, far.env, { DOCKER_HOST: far.host });
    const sshs = (): number => processesWith(`-p\0${ssh.port}`).length;
    const before = sshs();
    const { code, stderr } = await cli(place, ['call', 'list_containers', '{}']);
    expect([code, stderr]).toEqual([0, '']);
    await eventually(() => sshs() <= before, 'no ssh of it runs');
  });

  test.each([
    ['ssh://-oProxyCommand=touch%20x/', 'no host'],
    ['ssh://root:secret@127.0.0.1', 'password'],
    ['ssh://127.0.0.1/var/run/$(touch x)', 'not plain'],
    ['ssh://127.0.0.1/var/run/a;touch', 'not plain'],
  ])('%s is refused', async (host, why) => {
    const t = await app(host);
    const { error } = await t.ask('list_containers');
    expect(error).toMatchObject({ code: 'config_invalid' });
    expect(error?.message).toContain(why);
    expect(error?.message).not.toContain('secret');
    await t.close();
  });
});
