// Containers that an undo has made again: of which image they are, what that is called, and what protects them.
import { Readable } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { engineForTests } from '../helpers/engine.ts';
import { act, clear } from './cases.ts';
import { type StackApp, stackApp } from './stacks.ts';

const engine = engineForTests();
const QUICK = { stable_seconds: 0.2 };
const DB = 'library/postgres:16';
let t: StackApp;

afterEach(async () => {
  await t.close();
  await clear(await engine());
});

test('one that has written nothing is of the very image again, one that has keeps the name, and both their protection', async () => {
  const on = await engine();
  t = await stackApp(on, 'shop');
  await on.docker.getImage('busy:1').tag({ repo: 'library/postgres', tag: '16' });
  const lines = { quiet: 'exec sleep 1000', busy: 'echo kept > /written; exec sleep 1000' };
  for (const [name, line] of Object.entries(lines)) {
    const made = await on.docker.createContainer({
      name,
      Image: DB,
      Cmd: ['sh', '-c', line],
      StopSignal: 'SIGKILL',
      HostConfig: { NetworkMode: 'none' },
    });
    await made.start();
    const before = await made.inspect();
    // Twice, so that what is kept is kept of what was kept.
    for (let round = 0; round < 2; round++) {
      const done = await act(t, 'remove_container', { container: name });
      expect(done, JSON.stringify(done.error)).toMatchObject({ outcome: 'succeeded' });
      const undone = await act(t, 'rollback', { id: done.snapshot_id });
      expect(undone, JSON.stringify(undone.error)).toMatchObject({ outcome: 'succeeded' });
    }
    const again = await on.docker.getContainer(name).inspect();
    expect(again.Image === before.Image, name).toBe(name === 'quiet');
    if (name === 'quiet') expect(again.Config.Image).toBe(DB);
    const { result } = await t.ask('inspect_container', { container: name });
    expect(result, name).toMatchObject({ image: DB });
    const { risk } = await t.act('stop_container', { container: name, dry_run: true });
    expect(risk?.level, name).toBe('CRITICAL');
  }
  const { result } = await t.ask('list_containers', {});
  expect((result as { containers: { image: string }[] }).containers.map(({ image }) => image)).toEqual([
    DB,
    DB,
  ]);
});

test('a first deploy at which Compose fails leaves no volume behind', async () => {
  const on = await engine();
  t = await stackApp(on, 'shop');
  t.write({ web: { stop_signal: 'SIGBANANA', volumes: ['data:/data'] } }, { volumes: { data: {} } });
  const report = await t.deploy(QUICK);
  expect(report, JSON.stringify(report.error)).toMatchObject({ outcome: 'rolled_back' });
  expect(report.error?.message).toMatch(/SIGBANANA/);
  expect((await on.docker.listVolumes()).Volumes).toEqual([]);
  expect(await on.docker.listContainers({ all: true })).toEqual([]);
});

test('a container is not made one of another stack', async () => {
  const on = await engine();
  t = await stackApp(on, 'shop');
  t.write({ web: {} });
  await t.deploy(QUICK);
  for (const value of ['other', null]) {
    const labels = { 'com.docker.compose.project': value };
    const { outcome, error } = await t.act('recreate_container', { container: 'shop_web_1', labels });
    expect({ outcome, code: error?.code }).toEqual({ outcome: 'denied', code: 'invalid_input' });
    expect(error?.next).toContain('deploy_stack');
  }
});

test('an image from elsewhere that says it is another is not called so', async () => {
  const on = await engine();
  t = await stackApp(on, 'shop');
  const stream = await on.docker.importImage(Readable.from([Buffer.alloc(1024)]), {
    repo: 'evil',
    tag: '1',
    message: `homeostat layer of ${DB}`,
  });
  await new Promise((resolve) => stream.on('end', resolve).resume());
  const { Id, Comment } = await on.docker.getImage('evil:1').inspect();
  expect(Comment).toContain(DB);
  await on.docker.createContainer({ name: 'guest', Image: Id, Cmd: ['nothing'] });
  const { result } = await t.ask('inspect_container', { container: 'guest' });
  expect(result).toMatchObject({ image: Id });
});
