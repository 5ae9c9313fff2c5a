import { execa } from 'execa';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/app.ts';
import type { AuditBody } from '../../src/core/records.ts';
import { testApp } from '../helpers/app.ts';
import { engineForTests } from '../helpers/engine.ts';
import { CASES, appOn, clear } from './cases.ts';
import { furnish, worldOf } from './world.ts';

const APP = pathToFileURL(join(PACKAGE_ROOT, 'dist', 'app.js')).href;
const CALL = join(PACKAGE_ROOT, 'test', 'helpers', 'killed-call.mjs');

const engine = engineForTests();
let made = 0;

/** Points at which the server dies, and how the next start ends the action. */
const POINTS = [
  ['committing', 1, 'failed'],
  ['preserved', 1, 'rolled_back'],
  // With the layer, and then with what was made.
  ['preserved', 3, 'rolled_back'],
  ['committed', 1, 'rolled_back'],
] as const;

/** Each that says how it ends before a person is asked, and the two that make and remove. */
const KILLED = CASES.filter(({ before, same, undo }) => (before ?? same ?? undo) === undefined);

describe.each(KILLED)('$tool $input', ({ tool, input = {} }) => {
  const once = !['remove_container', 'recreate_container'].includes(tool);

  test.each(POINTS.filter(([point, nth]) => !once || point !== 'preserved' || nth === 1))(
    'killed at %s (%i): what ran runs again',
    async (point, nth, outcome) => {
      const on = await engine();
      const name = `k${++made}`;
      await furnish(on, name);
      const first = await appOn(on, name);
      const then = await worldOf(on);
      await first.close();
      const given = JSON.stringify({ container: name, ...input });
      const args = [CALL, APP, point, String(nth), tool, given];
      const { signal } = await execa(process.execPath, args, {
        cwd: first.root,
        env: first.env,
        reject: false,
      });
      expect(signal).toBe('SIGKILL');
      const t = await testApp({ on: first });
      await t.app.ready();
      expect(await worldOf(on)).toEqual(then);
      const { result } = await t.ask('query_audit', { action: tool, result: outcome });
      expect((result as { records: AuditBody[] }).records).toMatchObject([{ event: 'action.recovered' }]);
      await t.close();
      await clear(on);
    },
  );
});

test('an engine that does not answer when the next server starts is asked again by the one after it', async () => {
  const on = await engine();
  const name = 'waiting';
  await furnish(on, name);
  const first = await appOn(on, name);
  const then = await worldOf(on);
  await first.close();
  const args = [
    CALL,
    APP,
    'preserved',
    '3',
    'recreate_container',
    JSON.stringify({ container: name, env: { A: 'b' } }),
  ];
  const { signal } = await execa(process.execPath, args, { cwd: first.root, env: first.env, reject: false });
  expect(signal).toBe('SIGKILL');
  await on.stop();
  // In a process of its own, as a server is, which ends again.
  const never = [CALL, APP, 'never', '1', 'stop_container', JSON.stringify({ container: name })];
  const second = await execa(process.execPath, never, { cwd: first.root, env: first.env });
  expect(JSON.parse(second.stdout)).toMatchObject({ error: { code: 'engine_unreachable' } });
  await on.start();
  const third = await testApp({ on: first });
  await third.app.ready();
  expect(await worldOf(on)).toEqual(then);
  await third.close();
  await clear(on);
});

test('a container that somebody else made under the name meanwhile is not touched by a recovery', async () => {
  const on = await engine();
  for (const [name, tool, point, nth, input] of [
    ['taken', 'remove_container', 'committed', 1, {}],
    ['again', 'recreate_container', 'preserved', 3, { env: { A: 'b' } }],
  ] as const) {
    await furnish(on, name);
    const first = await appOn(on, name);
    await first.close();
    const args = [CALL, APP, point, String(nth), tool, JSON.stringify({ container: name, ...input })];
    const { signal } = await execa(process.execPath, args, {
      cwd: first.root,
      env: first.env,
      reject: false,
    });
    expect(signal).toBe('SIGKILL');
    for (const { Id, Names } of await on.docker.listContainers({ all: true }))
      if (Names.includes(`/${name}`)) await on.docker.getContainer(Id).remove({ force: true });
    const foreign = await on.docker.createContainer({ name, Image: 'busy:1', Cmd: ['sleep', '1000'] });
    const t = await testApp({ on: first });
    await t.app.ready();
    const { result } = await t.ask('query_audit', { action: tool, result: 'rollback_failed' });
    expect(JSON.stringify(result)).toContain('rollback_failed');
    expect((await on.docker.getContainer(name).inspect()).Id).toBe(foreign.id);
    await t.close();
    await clear(on);
  }
});
