import { afterEach, expect, test } from 'vitest';
import { engineForTests } from '../helpers/engine.ts';
import { act, appOn, clear } from './cases.ts';
import { worldOf } from './world.ts';

const engine = engineForTests();
afterEach(async () => clear(await engine()));

const made = {
  name: 'passing',
  Image: 'busy:1',
  Cmd: ['sh', '-c', 'echo one >/data/one; exec sleep 1000'],
  StopSignal: 'SIGKILL',
  Volumes: { '/data': {} },
  HostConfig: { AutoRemove: true, NetworkMode: 'none' },
};

test('a container that goes when it ends is not stopped as if it stayed; removed, it can be brought back', async () => {
  const on = await engine();
  await (await on.docker.createContainer(made)).start();
  const t = await appOn(on);
  const then = await worldOf(on);
  const stopped = await act(t, 'stop_container', { container: 'passing' });
  expect(stopped.error).toMatchObject({ code: 'engine_conflict' });
  expect(stopped.error?.next).toContain('remove_container');
  expect(await worldOf(on)).toEqual(then);
  const removed = await act(t, 'remove_container', { container: 'passing' });
  expect(removed, JSON.stringify(removed.error)).toMatchObject({ outcome: 'succeeded' });
  expect((await on.docker.listContainers({ all: true })).length).toBe(0);
  expect(await act(t, 'rollback', { id: removed.snapshot_id })).toMatchObject({ outcome: 'succeeded' });
  expect(await worldOf(on)).toEqual(then);
  await t.close();
});

/** This engine forgets for a moment that it is to stay while it is made to begin anew; on a busy machine it is then too late. */
test('made to begin anew, it stays', { retry: 3 }, async () => {
  const on = await engine();
  await (await on.docker.createContainer(made)).start();
  const t = await appOn(on);
  const then = await worldOf(on);
  const again = await act(t, 'restart_container', { container: 'passing', timeout_seconds: 0 });
  expect(again, JSON.stringify(again.error)).toMatchObject({ outcome: 'succeeded' });
  expect(await worldOf(on)).toEqual(then);
  await t.close();
});

test('started, it is said before that an undo does not stop it, and none does', async () => {
  const on = await engine();
  await on.docker.createContainer(made);
  const t = await appOn(on);
  const started = await act(t, 'start_container', { container: 'passing' });
  expect(started).toMatchObject({ outcome: 'succeeded', risk: { reversibility: 'irreversible' } });
  expect(started.effects?.note).toContain('removes it when it ends');
  const undone = await act(t, 'rollback', { id: started.snapshot_id });
  expect(undone.error).toMatchObject({ code: 'engine_conflict' });
  expect((await on.docker.getContainer('passing').inspect()).State.Running).toBe(true);
  await t.close();
});
