import { existsSync, writeFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { testApp } from '../helpers/app.ts';
import { engineForTests } from '../helpers/engine.ts';
import { scratch } from '../helpers/scratch.ts';
import { wait } from '../contract/cases.ts';
import { act, appOn, clear } from './cases.ts';
import { fillVolume, folderOf } from './objects.ts';
import { manifestOf } from '../helpers/manifest.ts';
import { FREE } from './world.ts';

const engine = engineForTests();
afterEach(async () => clear(await engine()));

type On = Awaited<ReturnType<typeof engine>>;
const volumes = async ({ docker }: On): Promise<string[]> =>
  (await docker.listVolumes()).Volumes.map(({ Name }) => Name).toSorted();

test('what was listed goes and nothing that came since; what is used by then keeps all of it from going', async () => {
  const on = await engine();
  const t = await appOn(on);
  await fillVolume(on, 'old-data');
  const input = { kinds: ['volumes'] };
  const held = await t.act('prune', input);
  expect(held).toMatchObject({
    outcome: 'held',
    risk: { level: 'DESTRUCTIVE', reversibility: 'compensable' },
  });
  expect(held.effects?.diff).toContain('-volume old-data (local; 10 entries, ');
  await on.docker.createVolume({ Name: 'came-since' });
  await t.approve(held.action_id ?? '');
  expect((await wait(t, held.action_id ?? '', 45)).outcome).toBe('succeeded');
  expect(await volumes(on)).toEqual(['came-since']);
  await on.docker.getVolume('came-since').remove();

  await fillVolume(on, 'taken');
  const second = await t.act('prune', input);
  await t.approve(second.action_id ?? '');
  const user = await on.docker.createContainer({
    name: 'user',
    Image: 'busy:1',
    Cmd: ['true'],
    HostConfig: { Binds: ['taken:/taken'], NetworkMode: 'none' },
  });
  const refused = await t.ask('wait_for_approval', { action_id: second.action_id });
  expect(refused.error?.message).toContain('nothing of volumes that nobody uses');
  expect(await volumes(on)).toEqual(['taken']);
  await user.remove();

  // Changed after it was shown: it is shown anew, and the former word does not count.
  const third = await t.act('remove_volume', { volume: 'taken' });
  await t.approve(third.action_id ?? '');
  writeFileSync(`${await folderOf(on, 'taken')}/more`, 'more');
  const anew = await wait(t, third.action_id ?? '', 45);
  expect(anew.outcome).toBe('held');
  expect(await volumes(on)).toEqual(['taken']);
  await t.close();
});

test('a volume that is too large to be kept is said to be lost for good before; what it links to is not touched', async () => {
  const on = await engine();
  const place = scratch(`${FREE}limits:\n  snapshot_files: 3\n`);
  place.env['DOCKER_HOST'] = on.host;
  const t = await testApp({ on: place });
  await fillVolume(on, 'large');
  const held = await t.act('remove_volume', { volume: 'large' });
  expect(held).toMatchObject({
    outcome: 'held',
    risk: { level: 'DESTRUCTIVE', reversibility: 'irreversible' },
  });
  expect(held.effects?.note).toContain('lost for good');
  expect(existsSync('/etc/shadow')).toBe(true);
  await t.close();
});

test('a container that is removed when it ends comes back with its volumes without a name', async () => {
  const on = await engine();
  const t = await appOn(on);
  const made = await on.docker.createContainer({
    name: 'brief',
    Image: 'busy:1',
    Cmd: ['sh', '-c', 'echo kept > /own/file; exec sleep 1000'],
    StopSignal: 'SIGKILL',
    Volumes: { '/own': {} },
    HostConfig: { AutoRemove: true, NetworkMode: 'none' },
  });
  await made.start();
  const [{ Name: volume = '' } = {}] = (await made.inspect()).Mounts;
  const folder = await folderOf(on, volume);
  while (!existsSync(`${folder}/file`)) await new Promise((resolve) => setTimeout(resolve, 20));
  const then = manifestOf(folder);
  const removed = await act(t, 'remove_container', { container: 'brief' });
  expect(removed).toMatchObject({ outcome: 'succeeded', error: null });
  expect(await on.docker.listContainers({ all: true })).toEqual([]);
  expect(manifestOf(folder)).toEqual(then);
  expect(await act(t, 'rollback', { id: removed.snapshot_id })).toMatchObject({ outcome: 'succeeded' });
  expect((await on.docker.getContainer('brief').inspect()).Mounts[0]?.Name).toBe(volume);
  await t.close();
});
