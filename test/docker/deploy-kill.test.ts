import { execa } from 'execa';
import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/app.ts';
import type { AuditBody } from '../../src/core/records.ts';
import { testApp } from '../helpers/app.ts';
import { engineForTests } from '../helpers/engine.ts';
import { clear } from './cases.ts';
import { objectsOf } from './objects.ts';
import { stackApp } from './stacks.ts';
import { worldOf } from './world.ts';

const APP = pathToFileURL(join(PACKAGE_ROOT, 'dist', 'app.js')).href;
const CALL = join(PACKAGE_ROOT, 'test', 'helpers', 'killed-call.mjs');
const engine = engineForTests();

/** Points at which the server dies, and how the next start ends the deploy. */
const POINTS = [
  ['committing', 1, 'failed'],
  // With nothing kept yet, and with the layers.
  ['preserved', 1, 'rolled_back'],
  ['preserved', 2, 'rolled_back'],
  // Compose has made the new ones.
  ['preserved', 4, 'rolled_back'],
  ['committed', 1, 'rolled_back'],
] as const;

test.each(POINTS)('killed at %s (%i): what ran runs again', async (point, nth, outcome) => {
  const on = await engine();
  const t = await stackApp(on, 'shop');
  t.write({ web: { environment: { A: '1' } }, db: { volumes: ['data:/data'] } }, { volumes: { data: {} } });
  expect(await t.deploy({ stable_seconds: 0.2 })).toMatchObject({ outcome: 'succeeded' });
  const then = await worldOf(on);
  await t.close();
  t.write(
    { web: { environment: { A: '2' } }, more: { volumes: ['other:/other'] } },
    { volumes: { data: {}, other: {} } },
  );
  const input = JSON.stringify({ paths: ['shop/compose.yml'], remove_orphans: true, stable_seconds: 0.2 });
  const { signal, stdout } = await execa(
    process.execPath,
    [CALL, APP, point, String(nth), 'deploy_stack', input],
    {
      cwd: t.root,
      env: t.env,
      reject: false,
    },
  );
  expect(signal, stdout).toBe('SIGKILL');
  const next = await testApp({ on: t });
  await next.app.ready();
  expect(await worldOf(on)).toEqual(then);
  const { result } = await next.ask('query_audit', { action: 'deploy_stack', result: outcome });
  expect((result as { records: AuditBody[] }).records).toMatchObject([{ event: 'action.recovered' }]);
  await next.close();
  await clear(on);
});

test('killed while Compose is at work: it ends with the server, and what ran runs again', async () => {
  const on = await engine();
  const t = await stackApp(on, 'shop');
  t.write({ web: { environment: { A: '1' } } });
  expect(await t.deploy({ stable_seconds: 0.2 })).toMatchObject({ outcome: 'succeeded' });
  const then = await worldOf(on);
  await t.close();
  const ill = { healthcheck: { test: 'false', interval: '100s', start_period: '100s' } };
  t.write({
    first: ill,
    web: { environment: { A: '2' }, depends_on: { first: { condition: 'service_healthy' } } },
  });
  const input = JSON.stringify({ paths: ['shop/compose.yml'] });
  const child = execa(process.execPath, [CALL, APP, 'never', '1', 'deploy_stack', input], {
    cwd: t.root,
    env: t.env,
    reject: false,
  });
  // Compose waits for the first one to be healthy.
  while (!(await on.docker.listContainers()).some(({ Names }) => Names.includes('/shop_first_1')));
  child.kill('SIGKILL');
  await child;
  const next = await testApp({ on: t });
  await next.app.ready();
  expect(await worldOf(on)).toEqual(then);
  await next.close();
  await clear(on);
});

/** With an image that is built: 3 is before it has its name, 7 is with the files changed, 8 when Compose is done. */
test.each([3, 7, 8])(
  'killed at the %i. step of a deploy with edits and a build: files, image and containers are as they were',
  async (nth) => {
    const on = await engine();
    const t = await stackApp(on, 'shop');
    const built = {
      image: undefined,
      build: { context: '.', dockerfile_inline: 'FROM busy:1', network: 'none' },
    };
    t.write({ web: { ...built, environment: { A: '1' } } });
    writeFileSync(join(t.folder, '.env'), 'V=1\n');
    expect(await t.deploy({ stable_seconds: 0.2 })).toMatchObject({ outcome: 'succeeded' });
    const files = (): unknown =>
      ['compose.yml', '.env'].map((name) => {
        const { ino, mtimeMs, mode } = lstatSync(join(t.folder, name));
        return [readFileSync(join(t.folder, name), 'utf8'), ino, mtimeMs, mode];
      });
    const [then, before] = [await objectsOf(on), files()];
    await t.close();
    const input = JSON.stringify({
      paths: ['shop/compose.yml'],
      build: true,
      stable_seconds: 0.2,
      edits: [
        {
          path: 'shop/compose.yml',
          operations: [
            { op: 'set_field', service: 'web', name: 'build', value: { ...built.build, args: { X: '2' } } },
            { op: 'set_env', service: 'web', name: 'A', value: '2' },
          ],
        },
      ],
    });
    const { signal, stdout } = await execa(
      process.execPath,
      [CALL, APP, 'preserved', String(nth), 'deploy_stack', input],
      { cwd: t.root, env: t.env, reject: false },
    );
    expect(signal, stdout).toBe('SIGKILL');
    const next = await testApp({ on: t });
    await next.app.ready();
    expect(await objectsOf(on)).toEqual(then);
    expect(files()).toEqual(before);
    await next.close();
    await clear(on);
  },
);
