// Who may use the engine's socket needs no root for anything: not to look, to act, to keep volumes or to undo.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PASSPHRASE, trustAll } from '../helpers/app.ts';
import { BIN } from '../helpers/client.ts';
import { engineForTests } from '../helpers/engine.ts';
import { type Scratch, scratch } from '../helpers/scratch.ts';
import { clear } from './cases.ts';
import { furnish, worldOf } from './world.ts';

const NOBODY = 65_534;
/** The group of the socket, as `docker` is on people's machines. */
const GROUP = 64_321;

const engine = engineForTests(async () => ['--group', String(GROUP)]);
const CONFIG = 'toolsets: [core, docker, docker_more, docker_volumes, compose, metrics]\n';

interface Told {
  readonly outcome: string;
  readonly action_id: string;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly result: Record<string, unknown>;
}

function cliAs(place: Scratch, group: number, args: readonly string[], typed = ''): string {
  const who = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, `--groups=${group}`];
  const words = [...who, process.execPath, BIN, ...args];
  const env = { ...place.env, HOME: place.base };
  return spawnSync('setpriv', words, { cwd: place.root, env, input: typed, encoding: 'utf8' }).stdout;
}

/** One call of a tool by the CLI as an ordinary user, who says yes where they are asked. */
function ask(place: Scratch, tool: string, input: object = {}, group = GROUP): Told {
  const said = cliAs(place, group, ['call', tool, JSON.stringify(input), '--json']);
  const told = JSON.parse(said) as Told;
  if (told.outcome !== 'held') return told;
  const decided = cliAs(
    place,
    group,
    ['approve', told.action_id, '--run', '--passphrase-stdin', '--json'],
    `${PASSPHRASE}\n`,
  );
  return JSON.parse(decided) as Told;
}

async function ordinary(): Promise<Scratch> {
  const on = await engine();
  const place = scratch(CONFIG);
  place.env['DOCKER_HOST'] = on.host;
  await trustAll(place);
  execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, place.base]);
  // Whoever may reach the socket must be able to come to it.
  chmodSync(join(on.host.slice('unix://'.length), '..'), 0o711);
  return place;
}

test('who is not in the socket’s group is told so, and nothing is done', async () => {
  const place = await ordinary();
  const told = ask(place, 'list_containers', {}, NOBODY);
  expect(told.error).toMatchObject({
    code: 'engine_unreachable',
    message: expect.stringMatching(/EACCES|permission/),
  });
});

test('a member of the socket’s group looks, acts and undoes, volumes included', async () => {
  const on = await engine();
  const place = await ordinary();
  await furnish(on, 'web');
  // Only root may read what lies in it.
  const line = 'umask 077; echo secret > /data/kept; chown 5:7 /data/kept';
  const filler = await on.docker.createContainer({
    Image: 'busy:1',
    Cmd: ['sh', '-c', line],
    HostConfig: { Binds: ['spare:/data'], NetworkMode: 'none' },
  });
  await filler.start();
  await filler.wait();
  await filler.remove();
  expect(ask(place, 'list_containers')).toMatchObject({ outcome: 'succeeded' });
  expect(ask(place, 'container_stats', { container: 'web' }).outcome).toBe('succeeded');
  const metrics = ask(place, 'get_metrics', { container: 'web' });
  expect(metrics.result).toMatchObject({
    source: expect.stringMatching(/^cgroup_v[12]$/),
    containers: [{ name: 'web', now: { memory_limit_bytes: 64 << 20 } }],
  });
  const then = await worldOf(on);
  for (const [tool, input] of [
    ['update_container', { container: 'web', memory_bytes: 32 << 20 }],
    ['recreate_container', { container: 'web', env: { NEW: '1' } }],
    ['remove_container', { container: 'web' }],
    ['remove_volume', { volume: 'spare' }],
  ] as const) {
    const done = ask(place, tool, input);
    expect([tool, done.outcome, done.error]).toEqual([tool, 'succeeded', null]);
    expect(await worldOf(on)).not.toEqual(then);
    const undone = ask(place, 'rollback', { id: done.action_id });
    expect([tool, undone.outcome, undone.error]).toEqual([tool, 'succeeded', null]);
    expect(await worldOf(on)).toEqual(then);
  }
  const { Mountpoint } = await on.docker.getVolume('spare').inspect();
  const { uid, gid, mode } = statSync(join(Mountpoint, 'kept'));
  expect([uid, gid, mode & 0o777, readFileSync(join(Mountpoint, 'kept'), 'utf8')]).toEqual([
    5,
    7,
    0o600,
    'secret\n',
  ]);
  await clear(on);
});

test('a member of the socket’s group deploys a stack, and takes it back', async () => {
  const on = await engine();
  const place = await ordinary();
  const folder = join(place.root, 'shop');
  mkdirSync(folder);
  const web = { image: 'busy:1', network_mode: 'none', stop_grace_period: '0s', command: ['sleep', '1000'] };
  writeFileSync(join(folder, 'compose.yml'), JSON.stringify({ services: { web } }));
  for (const path of [folder, join(folder, 'compose.yml')]) chownSync(path, NOBODY, NOBODY);
  const before = await worldOf(on);
  const done = ask(place, 'deploy_stack', { paths: ['shop/compose.yml'], stable_seconds: 0.5 });
  expect([done.outcome, done.error]).toEqual(['succeeded', null]);
  const names = (await on.docker.listContainers()).map(({ Names }) => Names[0]);
  expect(names).toEqual(['/shop_web_1']);
  expect(ask(place, 'rollback', { id: done.action_id }).outcome).toBe('succeeded');
  expect(await worldOf(on)).toEqual(before);
  await clear(on);
});
