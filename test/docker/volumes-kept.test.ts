// Volumes that nobody named are found by nothing but their container: what is made again has to have the very same.
import type Docker from 'dockerode';
import { afterEach, expect, test } from 'vitest';
import { type TestEngine, engineForTests } from '../helpers/engine.ts';
import { act, appOn, clear } from './cases.ts';
import { worldOf } from './world.ts';

const engine = engineForTests();
afterEach(async () => clear(await engine()));

const TARGETS = ['image', 'config', 'bind', 'mount', 'untidy', 'named', 'gone'];

/** `volumes:1` has a volume, and files below that a new one would be filled with. */
async function image({ docker }: TestEngine): Promise<void> {
  const container = await docker.createContainer({
    Image: 'busy:1',
    Cmd: ['sh', '-c', 'mkdir /image /gone; echo shipped > /image/shipped; echo shipped > /gone/shipped'],
    HostConfig: { NetworkMode: 'none' },
  });
  await container.start();
  await container.wait();
  await container.commit({ repo: 'volumes', tag: '1', changes: 'VOLUME /image' });
  await container.remove();
}

/** With a volume of each form that there is; what each holds is said once, and `/gone` was emptied since. */
async function made(on: TestEngine, name: string, more: Docker.HostConfig = {}): Promise<void> {
  await image(on);
  const container = await on.docker.createContainer({
    name,
    Image: 'volumes:1',
    Cmd: ['sh', '-c', '[ -z "$CRASH" ] || exit 7; exec sleep 1000'],
    StopSignal: 'SIGKILL',
    Volumes: { '/config': {}, '/gone': {} },
    HostConfig: {
      NetworkMode: 'none',
      Binds: ['/bind', `${name}-named:/named/`],
      Mounts: [
        { Type: 'volume', Target: '/mount' },
        { Type: 'volume', Source: '', Target: '/x/..//untidy/' },
      ] as Docker.MountConfig,
      ...more,
    },
  });
  await container.start();
  const script = TARGETS.map((one) => `echo mine > /${one}/one`).join('; ');
  const exec = await container.exec({ Cmd: ['sh', '-c', `${script}; rm /gone/*`], AttachStdout: true });
  const output = await exec.start({});
  await new Promise((resolve) => output.on('end', resolve).resume());
}

const mountsOf = async ({ docker }: TestEngine, name: string): Promise<object> =>
  Object.fromEntries(
    (await docker.getContainer(name).inspect()).Mounts.map(({ Name, Destination }) => [Destination, Name]),
  );

test.each([
  ['remove_container', {}, {}],
  ['recreate_container', { env: { A: '1' } }, {}],
  ['remove_container', {}, { AutoRemove: true }],
  ['recreate_container', { env: { A: '1' } }, { AutoRemove: true }],
] as const)(
  '%s %j with %j: every volume comes back by its name, with what it held',
  async (tool, input, more) => {
    const on = await engine();
    await made(on, 'many', more);
    // One that is stopped is not looked at for two seconds each time.
    if (!('AutoRemove' in more)) await on.docker.getContainer('many').stop({ t: 0 });
    const t = await appOn(on);
    const [then, mounts] = [await worldOf(on), await mountsOf(on, 'many')];
    expect(Object.keys(mounts).toSorted()).toEqual(TARGETS.map((one) => `/${one}`).toSorted());
    let last = await act(t, tool, { container: 'many', ...input });
    expect(last, JSON.stringify(last.error)).toMatchObject({ outcome: 'succeeded' });
    const now = await worldOf(on);
    expect(now).toMatchObject({ volumes: (then as { volumes: unknown }).volumes });
    for (const expected of 'AutoRemove' in more ? [then] : [then, now, then]) {
      last = await act(t, 'rollback', { id: last.snapshot_id });
      expect(last, JSON.stringify(last.error)).toMatchObject({ outcome: 'succeeded' });
      expect(await worldOf(on)).toEqual(expected);
    }
    expect(await mountsOf(on, 'many')).toEqual(mounts);
    await t.close();
  },
);

test('one that is taken back takes the volume along that came with it, and no other', async () => {
  const on = await engine();
  await made(on, 'many');
  // Of nobody, as are those of containers that are gone.
  await on.docker.createVolume();
  await on.docker.getContainer('many').commit({ repo: 'more', tag: '1', changes: 'VOLUME /fresh' });
  const t = await appOn(on);
  const then = await worldOf(on);
  const report = await act(t, 'recreate_container', {
    container: 'many',
    image: 'more:1',
    env: { CRASH: '1' },
  });
  expect(report).toMatchObject({ outcome: 'rolled_back' });
  expect(report.error?.message).toContain('exit code 7');
  expect(await worldOf(on)).toEqual(then);
  await t.close();
});
