// Containers that have something of another: its network, its processes, its volumes.
import type Docker from 'dockerode';
import { afterEach, expect, test } from 'vitest';
import { type TestEngine, engineForTests } from '../helpers/engine.ts';
import { act, appOn, clear } from './cases.ts';
import { worldOf } from './world.ts';

const engine = engineForTests();
afterEach(async () => clear(await engine()));

async function run(
  { docker }: TestEngine,
  name: string,
  more: Docker.HostConfig = {},
  Labels = {},
  starts = true,
): Promise<string> {
  const container = await docker.createContainer({
    name,
    Image: 'busy:1',
    Cmd: ['sleep', '1000'],
    StopSignal: 'SIGKILL',
    Labels,
    Volumes: name === 'owner' ? { '/own': {} } : {},
    HostConfig: { NetworkMode: 'none', ...more },
  });
  if (starts) await container.start();
  return container.id;
}

const idOf = async ({ docker }: TestEngine, name: string): Promise<string> =>
  (await docker.getContainer(name).inspect()).Id;

test('one whose network, IPC or processes others have is neither made anew nor removed', async () => {
  const on = await engine();
  const t = await appOn(on);
  await run(on, 'owner', { IpcMode: 'shareable', Memory: 64 << 20 });
  const then = await worldOf(on);
  for (const [key, what] of [
    ['NetworkMode', 'network'],
    ['IpcMode', 'IPC namespace'],
    ['PidMode', 'processes'],
  ] as const)
    for (const by of key === 'NetworkMode' ? ['owner', await idOf(on, 'owner')] : ['owner']) {
      await run(on, 'side', { [key]: `container:${by}` });
      for (const [tool, input] of [
        ['remove_container', {}],
        ['recreate_container', { env: { A: '1' } }],
      ] as const) {
        const report = await t.act(tool, { container: 'owner', ...input });
        expect(report, `${tool} ${key}`).toMatchObject({
          outcome: 'denied',
          error: { code: 'bound_container' },
        });
        expect(report.error?.message).toContain(`side shares the ${what} of owner`);
      }
      if (key !== 'NetworkMode') {
        await on.docker.getContainer('side').remove({ force: true });
        continue;
      }
      // What does not make it anew is done.
      const limits = await act(t, 'update_container', { container: 'owner', memory_bytes: 32 << 20 });
      expect(limits, JSON.stringify(limits.error)).toMatchObject({ outcome: 'succeeded' });
      const back = await act(t, 'rollback', { id: limits.snapshot_id });
      expect(back, JSON.stringify(back.error)).toMatchObject({ outcome: 'succeeded' });
      // The one that shares can go, and come back.
      const gone = await act(t, 'remove_container', { container: 'side' });
      expect(gone, JSON.stringify(gone.error)).toMatchObject({ outcome: 'succeeded' });
      expect(await worldOf(on)).toEqual(then);
    }
  await t.close();
});

test('a limit that only a new container takes away is refused where others share it', async () => {
  const on = await engine();
  const t = await appOn(on);
  await run(on, 'owner');
  const limited = await act(t, 'update_container', { container: 'owner', memory_bytes: 32 << 20 });
  await run(on, 'side', { NetworkMode: 'container:owner' });
  const back = await act(t, 'rollback', { id: limited.snapshot_id });
  expect(back).toMatchObject({ outcome: 'denied', error: { code: 'bound_container' } });
  await t.close();
});

test('what shared another’s network shares that of the one that has its name by now, or waits for it', async () => {
  const on = await engine();
  const t = await appOn(on);
  await run(on, 'owner');
  await run(on, 'side', { NetworkMode: 'container:owner', VolumesFrom: ['owner'] });
  const then = await worldOf(on);
  const side = await act(t, 'remove_container', { container: 'side' });
  const owner = await act(t, 'remove_container', { container: 'owner' });
  const early = await act(t, 'rollback', { id: side.snapshot_id });
  expect(early, JSON.stringify(early)).toMatchObject({
    outcome: 'denied',
    error: { code: 'bound_container' },
  });
  expect(early.error?.message).toContain('side shares the network of the container owner, which is gone');
  for (const { snapshot_id } of [owner, side]) {
    const back = await act(t, 'rollback', { id: snapshot_id });
    expect(back, JSON.stringify(back.error)).toMatchObject({ outcome: 'succeeded' });
  }
  expect(await worldOf(on)).toEqual(then);
  const { HostConfig } = await on.docker.getContainer('side').inspect();
  expect(HostConfig.NetworkMode).toBe(`container:${await idOf(on, 'owner')}`);
  await t.close();
});

test.each(['name', 'id'])(
  'volumes of another, by its %s, are the same after both were made anew',
  async (by) => {
    const on = await engine();
    const t = await appOn(on);
    // None of them is started: one that runs is looked at for two seconds each time.
    const id = await run(on, 'owner', { Binds: ['/usr/share:/machine:ro'] }, {}, false);
    await run(on, 'user', { VolumesFrom: [by === 'id' ? `${id}:ro` : 'owner:ro'] }, {}, false);
    const mounts = async (name: string): Promise<unknown> =>
      (await on.docker.getContainer(name).inspect()).Mounts.map(({ Name, Source, Destination, RW }) => ({
        Name,
        Source,
        Destination,
        RW,
      })).toSorted((a, b) => a.Destination.localeCompare(b.Destination));
    const then = await mounts('user');
    expect(then).toHaveLength(2);
    const steps: [string, string, object][] = [
      ['recreate_container', 'owner', { env: { A: '1' } }],
      ['recreate_container', 'user', { env: { A: '1' } }],
      ['remove_container', 'owner', {}],
      ['recreate_container', 'user', { env: { A: '2' } }],
      ['remove_container', 'user', {}],
    ];
    const done = [];
    for (const [tool, container, input] of steps) {
      const report = await act(t, tool, { container, ...input });
      expect(report, `${tool} ${container}: ${JSON.stringify(report.error)}`).toMatchObject({
        outcome: 'succeeded',
      });
      if (container === 'owner' && (by === 'name' || done.length === 0))
        expect(report.effects?.note).toContain('user keeps the volumes that it has of owner');
      if (tool !== 'remove_container' || container === 'owner') expect(await mounts('user')).toEqual(then);
      done.push(report);
    }
    for (const { snapshot_id } of done.toReversed()) {
      const back = await act(t, 'rollback', { id: snapshot_id });
      expect(back, JSON.stringify(back.error)).toMatchObject({ outcome: 'succeeded' });
      expect(await mounts('user')).toEqual(then);
    }
    // One of the same name that has others by now gives it none of these.
    await on.docker.getContainer('owner').remove({ force: true });
    await run(on, 'owner', { Binds: ['/usr/lib:/other'] }, {}, false);
    const last = await act(t, 'recreate_container', { container: 'user', env: { A: '3' } });
    expect(last, JSON.stringify(last.error)).toMatchObject({ outcome: 'succeeded' });
    expect(await mounts('user')).toEqual(then);
    await t.close();
  },
);

test('prune takes what shares before what it shares, leaves what others need, and brings back both', async () => {
  const on = await engine();
  const t = await appOn(on);
  for (const name of ['owner', 'needed']) await run(on, name);
  await run(on, 'a-side', { NetworkMode: 'container:owner' });
  await run(on, 'z-side', { NetworkMode: 'container:owner' });
  await run(on, 'runs', { NetworkMode: 'container:needed' });
  for (const name of ['owner', 'needed', 'a-side', 'z-side'])
    await on.docker.getContainer(name).stop({ t: 0 });
  const then = await worldOf(on);
  const done = await act(t, 'prune', { kinds: ['containers'] });
  expect(done, JSON.stringify(done.error)).toMatchObject({ outcome: 'succeeded' });
  expect((await on.docker.listContainers({ all: true })).flatMap(({ Names }) => Names).toSorted()).toEqual([
    '/needed',
    '/runs',
  ]);
  const back = await act(t, 'rollback', { id: done.snapshot_id });
  expect(back, JSON.stringify(back.error)).toMatchObject({ outcome: 'succeeded' });
  expect(await worldOf(on)).toEqual(then);
  await t.close();
});

test('a swarm’s container is left to the swarm', async () => {
  const on = await engine();
  const t = await appOn(on);
  await run(on, 'task', {}, { 'com.docker.swarm.service.name': 'shop' });
  const then = await worldOf(on);
  for (const [tool, input] of [
    ['remove_container', {}],
    ['recreate_container', { env: { A: '1' } }],
    ['update_container', { cpus: 1 }],
    ['stop_container', {}],
    ['restart_container', {}],
  ] as const) {
    const report = await t.act(tool, { container: 'task', ...input });
    expect(report, tool).toMatchObject({ outcome: 'denied', error: { code: 'swarm_container' } });
    expect(report.error?.message).toContain('task');
  }
  await on.docker.getContainer('task').stop({ t: 0 });
  expect((await act(t, 'prune', { kinds: ['containers'] })).error?.code).toBe('not_found');
  await on.docker.getContainer('task').start();
  expect(await worldOf(on)).toEqual(then);
  await t.close();
});

test('who loses the network with a container is named before, to who decides, and in the answer', async () => {
  const on = await engine();
  const t = await appOn(on);
  await run(on, 'owner');
  await run(on, 'side', { NetworkMode: `container:${await idOf(on, 'owner')}` });
  await run(on, 'rests', { NetworkMode: 'container:owner' }, {}, false);
  await run(on, 'alone');
  for (const verb of ['restart', 'stop']) {
    const tool = `${verb}_container`;
    const before = await t.act(tool, { container: 'owner', dry_run: true });
    expect(before.effects?.note).toMatch(/side share its network and have none from then on/);
    expect(before.effects?.note).not.toContain('rests');
    expect(before.risk?.factors).toContainEqual(expect.objectContaining({ rule: 'shared-network' }));
    const done = await act(t, tool, { container: 'owner' });
    expect(done).toMatchObject({ outcome: 'succeeded', result: { without_network: ['side'] } });
    const other = await act(t, tool, { container: 'alone' });
    expect(other.risk?.factors.map(({ rule }) => rule)).not.toContain('shared-network');
    expect(other.result).not.toHaveProperty('without_network');
  }
  // What does not run has no network to lose.
  const twice = await t.act('stop_container', { container: 'owner', dry_run: true });
  expect(twice.risk?.factors.map(({ rule }) => rule)).not.toContain('shared-network');
});
