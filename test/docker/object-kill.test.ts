import { execa } from 'execa';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/app.ts';
import { testApp } from '../helpers/app.ts';
import { engineForTests } from '../helpers/engine.ts';
import { appOn, clear } from './cases.ts';
import { OBJECT_CASES } from './object-cases.ts';
import { objectsOf } from './objects.ts';
import { furnish } from './world.ts';

const APP = pathToFileURL(join(PACKAGE_ROOT, 'dist', 'app.js')).href;
const CALL = join(PACKAGE_ROOT, 'test', 'helpers', 'killed-call.mjs');

const engine = engineForTests();
let made = 0;

afterEach(async () => clear(await engine()));

/** Each way of keeping and bringing back once: by a name, by connecting anew, by an archive. */
const KILLED = OBJECT_CASES.map((one, n) => ({ ...one, n })).filter(({ n }) => [3, 8, 11].includes(n));

describe.each(KILLED)('$tool ($n)', ({ tool, input, before, container }) => {
  test.each([
    ['preserved', 2],
    ['committed', 1],
  ] as const)('killed at %s (%i): all is as it was, and nothing is kept', async (point, nth) => {
    const on = await engine();
    const name = `k${++made}`;
    if (container === true) await furnish(on, name);
    await before?.(on, name);
    const first = await appOn(on);
    const then = await objectsOf(on);
    // What a person has to approve is committed by whoever waits for that.
    const held = tool === 'remove_volume' ? await first.act(tool, input(name)) : null;
    if (held !== null) await first.approve(held.action_id ?? '');
    await first.close();
    const asked =
      held === null
        ? ([tool, input(name)] as const)
        : (['wait_for_approval', { action_id: held.action_id }] as const);
    const args = [CALL, APP, point, String(nth), asked[0], JSON.stringify(asked[1])];
    const { signal } = await execa(process.execPath, args, {
      cwd: first.root,
      env: first.env,
      reject: false,
    });
    expect(signal).toBe('SIGKILL');
    const t = await testApp({ on: first });
    await t.app.ready();
    expect(await objectsOf(on)).toEqual(then);
    const person = await t.app.operator();
    await expect.poll(async () => (await person.collect(false)).unreleased).toBe(0);
    const names = (await on.docker.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []);
    expect(names.filter((one) => one.startsWith('homeostat/'))).toEqual([]);
    expect(await objectsOf(on)).toEqual(then);
    await t.close();
  });
});
