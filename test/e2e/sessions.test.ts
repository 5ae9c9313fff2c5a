import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Connected, connect } from '../helpers/client.ts';
import { lacking } from '../helpers/needs.ts';
import { eventually } from '../helpers/processes.ts';
import { type Scratch, scratch } from '../helpers/scratch.ts';

const said = async (server: Connected, command: string): Promise<unknown> =>
  (await server.call('run_command', { command })).result?.['stdout'];
const sessions = ({ home }: Scratch): string[] => readdirSync(join(home, 'sessions'));

test('a session is gone with its server, also one that was killed, and no other', async () => {
  const place = scratch();
  const [killed, closed, living] = [await connect(place), await connect(place), await connect(place)];
  // A folder that its owner may not look into is removed all the same.
  for (const server of [killed, closed, living])
    expect(await said(server, 'echo mine >/tmp/a; mkdir -p ~/b/c; chmod 0 ~/b; cat /tmp/a')).toBe('mine\n');
  expect(sessions(place)).toHaveLength(3);
  await closed.close();
  await eventually(() => sessions(place).length === 2, 'the session of the closed server goes');
  process.kill(killed.pid, 'SIGKILL');
  await killed.close();
  expect(sessions(place)).toHaveLength(2);
  const next = await connect(place);
  expect((await next.call('get_status')).outcome).toBe('succeeded');
  await eventually(() => sessions(place).length === 1, 'the session of the killed server goes');
  expect(await said(living, 'cat /tmp/a')).toBe('mine\n');
  await Promise.all([next.close(), living.close()]);
  await eventually(() => sessions(place).length === 0, 'the last session goes');
});

const groupsOf = ({ pid }: Connected): string[] =>
  spawnSync('find', ['/sys/fs/cgroup', '-name', `homeostat-*:${pid}:*`], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter((line) => line !== '');

test('the control group of a killed server is removed, that of a living one is not', async () => {
  const place = scratch();
  const [killed, living, next] = [await connect(place), await connect(place), await connect(place)];
  const { result } = await next.call('run_command', { command: 'true' });
  if (!String(result?.['guarantee']).includes('cgroup'))
    lacking('needs a control group of its own: sudo env "PATH=$PATH" npm test');
  // The first command of a server is what sweeps.
  const sweeper = await connect(place);
  const running = [killed, living].map(async (server) =>
    server.call('run_command', { command: 'sleep 1000' }).catch(() => null),
  );
  await eventually(() => [killed, living].every((server) => groupsOf(server).length > 0), 'both run');
  process.kill(killed.pid, 'SIGKILL');
  const [group = ''] = groupsOf(killed);
  await eventually(() => readFileSync(join(group, 'cgroup.procs'), 'utf8') === '', 'its box ends');
  expect((await sweeper.call('run_command', { command: 'true' })).outcome).toBe('succeeded');
  await eventually(() => groupsOf(killed).length === 0, 'its group goes');
  expect(groupsOf(living)).not.toEqual([]);
  await Promise.all([killed, living, next, sweeper].map(async (server) => server.close()));
  await Promise.all(running);
});
