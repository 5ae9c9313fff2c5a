import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { trustAll } from '../helpers/app.ts';
import { connect } from '../helpers/client.ts';
import { asPerson, cli } from '../helpers/cli-process.ts';
import { eventually, processesWith } from '../helpers/processes.ts';
import { directly, scratch } from '../helpers/scratch.ts';
import { auditOf } from '../helpers/state.ts';

type Place = ReturnType<typeof scratch>;

/** A number of seconds that only one test sleeps, so that its processes are found by their arguments. */
let seconds = 80_000 + (process.pid % 10_000) * 100;
const unique = (): string => String(++seconds);

const sleepers = (mark: string): number[] => processesWith(`sleep\0${mark}\0`);

/** Ways to leave the process group, the session, the parent and the environment behind; the last one only waits. */
const ESCAPES: readonly ((mark: string) => string)[] = [
  (mark) => `setsid sleep ${mark} &`,
  (mark) => `env -i setsid /bin/sh -c 'sleep ${mark} & exit' &`,
  (mark) => `nohup setsid sleep ${mark} </dev/null >/dev/null 2>&1 & disown;`,
  (mark) => `trap '' TERM INT HUP QUIT USR1 USR2; env -i bash -c "trap '' TERM INT HUP; sleep ${mark}" &`,
  (mark) => `(while :; do sleep ${mark} & sleep 0.3; done &)`,
  (mark) => `sleep ${mark}`,
];

const places: Record<string, () => Place> = {
  'in the sandbox': scratch,
  'on the machine itself': () => directly(scratch()),
};

test.each(Object.entries(places))(
  '%s, whatever a command leaves behind dies with the stop',
  async (_, make) => {
    const place = make();
    await trustAll(place);
    const server = await connect(place);
    const mark = unique();
    const line = ESCAPES.map((escape) => escape(mark)).join('\n');
    const asked = server.call('run_command', { command: line });
    // On the machine itself a person has to say yes.
    const running = asked.then(async (answer) => {
      if (answer.outcome !== 'held') return answer;
      expect((await asPerson(place, ['approve', String(answer.action_id)])).code).toBe(0);
      return server.wait(String(answer.action_id));
    });
    const early = running.then((answer) => JSON.stringify(answer));
    const all = eventually(() => sleepers(mark).length >= ESCAPES.length, 'all of it runs').then(
      () => 'runs',
    );
    expect(await Promise.race([early, all])).toBe('runs');
    expect((await cli(place, ['stop', 'enough'])).code).toBe(0);
    expect(await running).toMatchObject({ error: { code: 'emergency_stopped' } });
    await eventually(() => sleepers(mark).length === 0, 'all of it is dead');
    await sleep(500);
    expect(sleepers(mark)).toEqual([]);
    await server.close();
  },
);

test('the stop file made by hand, taken away again or emptied: only a person releases', async () => {
  const place = scratch();
  await trustAll(place);
  const server = await connect(place);
  const mark = unique();
  const running = server.call('run_command', { command: `sleep ${mark}` });
  await eventually(() => sleepers(mark).length > 0, 'it runs');
  const file = join(place.home, 'stop');
  writeFileSync(file, '');
  expect(await running).toMatchObject({ error: { code: 'emergency_stopped' } });
  expect((await server.call('write_file', { path: 'a', content: 'x' })).error?.code).toBe(
    'emergency_stopped',
  );
  rmSync(file);
  const second = await connect(place);
  for (const one of [server, second])
    expect((await one.call('write_file', { path: 'a', content: 'x' })).error?.code).toBe('emergency_stopped');
  expect(existsSync(file)).toBe(true);
  expect((await cli(place, ['release'])).code).toBe(3);
  expect((await asPerson(place, ['release'])).code).toBe(0);
  for (const [i, one] of [server, second].entries())
    expect((await one.call('write_file', { path: `f${i}`, content: 'x' })).outcome).toBe('succeeded');
  const events = auditOf(place).filter(({ event }) => event.startsWith('stop.'));
  expect(events.map(({ event }) => event)).toEqual(['stop.pulled', 'stop.released']);
  await server.close();
  await second.close();
});

test('SIGUSR2 to one server ends what another runs', async () => {
  const place = scratch();
  const [one, two] = [await connect(place), await connect(place)];
  const mark = unique();
  const running = one.call('run_command', { command: `setsid sleep ${mark}` });
  await eventually(() => sleepers(mark).length > 0, 'it runs');
  process.kill(two.pid, 'SIGUSR2');
  expect(await running).toMatchObject({ error: { code: 'emergency_stopped' } });
  expect(sleepers(mark)).toEqual([]);
  await eventually(() => auditOf(place).some(({ event }) => event === 'stop.pulled'), 'it is on record');
  expect(auditOf(place).find(({ event }) => event === 'stop.pulled')?.agent).toMatch(/^signal\//);
  await one.close();
  await two.close();
});

test('the stop is pulled from the command line although the state cannot be opened', async () => {
  const place = scratch();
  const server = await connect(place);
  const mark = unique();
  const running = server.call('run_command', { command: `sleep ${mark}` });
  await eventually(() => sleepers(mark).length > 0, 'it runs');
  writeFileSync(place.configFile, 'no: such key\n');
  expect((await cli(place, ['stop'])).code).not.toBe(0);
  expect(await running).toMatchObject({ error: { code: 'emergency_stopped' } });
  await server.close();
});

test.each(['in the sandbox', 'on the machine itself'])(
  '%s, a command cannot end the server that holds it, or its parent',
  async (where) => {
    const place = places[where]?.() ?? scratch();
    const server = await connect(place);
    const line =
      'kill -9 $PPID; kill -STOP $PPID; kill -KILL -1 2>/dev/null; pkill -9 -f homeostat; echo tried';
    // On the machine itself it is not run: nobody has said yes.
    const answer = await server.call('run_command', {
      command: where === 'in the sandbox' ? line : `kill -9 ${server.pid}`,
    });
    expect(['failed', 'succeeded', 'held', 'denied']).toContain(answer.outcome);
    if (where !== 'in the sandbox') expect(answer.outcome).toBe('held');
    expect((await server.call('get_status')).outcome).toBe('succeeded');
    expect(() => process.kill(server.pid, 0)).not.toThrow();
    await server.close();
  },
);

test('an action that is held or waited for is not carried out under the stop', async () => {
  const place = scratch();
  await trustAll(place);
  const server = await connect(place);
  const held = await server.call('write_file', { path: '.mcp.json', content: '{}' });
  expect(held.outcome).toBe('held');
  expect((await asPerson(place, ['approve', String(held.action_id)])).code).toBe(0);
  expect((await cli(place, ['stop'])).code).toBe(0);
  await server.call('wait_for_approval', { action_id: held.action_id, wait_seconds: 1 });
  expect(existsSync(join(place.root, '.mcp.json'))).toBe(false);
  await server.close();
});
