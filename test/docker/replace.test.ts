import { expect, test } from 'vitest';
import { engineForTests } from '../helpers/engine.ts';
import { act, appOn, clear } from './cases.ts';
import { furnish, worldOf } from './world.ts';

const engine = engineForTests();

test('a new one that does not run, or is unhealthy, is taken back, with the reason', async () => {
  const on = await engine();
  const { docker } = on;
  await furnish(on, 'steady');
  // What it is given in its environment decides how well it is.
  const container = await docker.createContainer({
    name: 'moody',
    Image: 'busy:1',
    StopSignal: 'SIGKILL',
    Cmd: ['sh', '-c', '[ -z "$CRASH" ] || { echo no such table >&2; exit 7; }; exec sleep 1000'],
    Healthcheck: { Test: ['CMD', 'sh', '-c', '[ -z "$ILL" ]'], Interval: 100_000_000, Retries: 1 },
    HostConfig: { NetworkMode: 'steady-net' },
  });
  await container.start();
  const t = await appOn(on);
  const then = await worldOf(on);
  const crash = await act(t, 'recreate_container', { container: 'moody', env: { CRASH: '1' } });
  expect(crash.outcome).toBe('rolled_back');
  expect(crash.error?.message).toMatch(/exit code 7.*no such table/s);
  const ill = await act(t, 'recreate_container', { container: 'moody', env: { ILL: '1' } });
  expect(ill.outcome).toBe('rolled_back');
  expect(ill.error?.message).toContain('unhealthy');
  expect(await worldOf(on)).toEqual(then);
  const address = await t.act('recreate_container', { container: 'steady', ports: ['0.0.0.999:1:8080'] });
  expect(address.error).toMatchObject({ code: 'invalid_input' });
  const nowhere = await act(t, 'recreate_container', { container: 'steady', image: 'no-such:image' });
  expect(nowhere.error?.code).toBe('not_found');
  const taken = await docker.createContainer({
    name: 'first',
    Image: 'busy:1',
    Cmd: ['httpd', '-f', '-p', '80'],
    ExposedPorts: { '80/tcp': {} },
    HostConfig: {
      PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] },
      NetworkMode: 'steady-net',
    },
  });
  await taken.start();
  const [binding] = (await taken.inspect()).NetworkSettings.Ports['80/tcp'] ?? [];
  const clash = await act(t, 'recreate_container', {
    container: 'steady',
    ports: [`127.0.0.1:${binding?.HostPort ?? ''}:8080`],
  });
  expect(clash).toMatchObject({ outcome: 'rolled_back' });
  expect(clash.error?.message).toMatch(/address already in use|port is already allocated/);
  await taken.remove({ force: true });
  expect(await worldOf(on)).toEqual(then);
  await t.close();
  await clear(on);
});

test('one that was changed since is not overwritten by an undo; one of the same name is not either', async () => {
  const on = await engine();
  await furnish(on, 'shared');
  const t = await appOn(on);
  const done = await act(t, 'recreate_container', { container: 'shared', labels: { a: 'b' } });
  expect(done.outcome).toBe('succeeded');
  await on.docker.getContainer('shared').update({ Memory: 128 << 20, MemorySwap: 256 << 20 });
  const refused = await t.act('rollback', { id: done.snapshot_id });
  expect(refused.error?.message).toContain('host_config.Memory');
  const removed = await act(t, 'remove_container', { container: 'shared' });
  expect(removed.outcome).toBe('succeeded');
  await on.docker.createContainer({ name: 'shared', Image: 'busy:1', Cmd: ['sleep', '100'] });
  expect((await t.act('rollback', { id: removed.snapshot_id })).error?.code).toBe('world_changed');
  expect((await on.docker.getContainer('shared').inspect()).Config.Cmd).toEqual(['sleep', '100']);
  await t.close();
  await clear(on);
});
