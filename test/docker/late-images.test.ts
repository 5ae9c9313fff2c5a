// Names by which images are kept are let go by several at once, and by those that were cut off in the middle of it.
import { afterEach, expect, test } from 'vitest';
import { openEngine } from '../../src/host/docker/engine.ts';
import { cutEngine } from '../helpers/cut-engine.ts';
import { type TestEngine, engineForTests } from '../helpers/engine.ts';
import { sql } from '../helpers/sql.ts';
import { query } from '../helpers/state.ts';
import { act, appOn, clear } from './cases.ts';
import { nameless } from './objects.ts';
import { furnish } from './world.ts';

const engine = engineForTests();
afterEach(async () => clear(await engine()));

const idsOf = async ({ docker }: TestEngine): Promise<string[]> =>
  (await docker.listImages()).map(({ Id }) => Id).toSorted();
const keptOf = async ({ docker }: TestEngine): Promise<string[]> =>
  (await docker.listImages())
    .flatMap(({ RepoTags }) => RepoTags ?? [])
    .filter((name) => name.startsWith('homeostat/'));

test('a name that two take away at once, or one after another was cut off, leaves no image behind', async () => {
  const on = await engine();
  const id = await nameless(on, 'mine');
  const { images } = openEngine({ host: on.host, certificates: null }, {});
  const then = await idsOf(on);
  const repo = 'homeostat/image';
  for (let n = 0; n < 5; n++) {
    await on.docker.getImage(id).tag({ repo, tag: `twice${n}` });
    await Promise.allSettled([1, 2, 3].map(async () => images.unname(`${repo}:twice${n}`)));
    expect(await idsOf(on)).toEqual(then);
  }
  // Cut off after each thing that it does, and done again by the next one.
  for (const nth of [1, 2]) {
    await on.docker.getImage(id).tag({ repo, tag: `cut${nth}` });
    const way = await cutEngine(on.host);
    way.cutAfter(nth);
    const lost = openEngine({ host: way.host, certificates: null }, {});
    await expect(lost.images.unname(`${repo}:cut${nth}`)).rejects.toThrow(way.host);
    way.close();
    for (const name of await keptOf(on)) await images.unname(name);
    expect(await idsOf(on), `after ${nth}`).toEqual(then);
  }
});

test('what an engine ends after the connection was lost is let go as well', async () => {
  const on = await engine();
  await furnish(on, 'late');
  const way = await cutEngine(on.host);
  const t = await appOn(way);
  const then = await idsOf(on);
  way.cutAfter(1);
  const lost = await act(t, 'recreate_container', { container: 'late', env: { A: '1' } });
  expect(lost.error?.message).toContain(way.host);
  way.mend();
  await t.act('start_container', { container: 'nobody' });
  const person = await t.app.operator();
  await expect.poll(async () => (await person.collect(false)).unreleased).toBe(0);
  // The engine may still have been at it.
  await expect
    .poll(async () => person.collect(false).then(async () => idsOf(on)), { timeout: 10_000 })
    .toEqual(then);
  // The layer that was asked for when the connection was lost.
  await on.docker
    .getContainer('late')
    .commit({ repo: 'homeostat/layer', tag: lost.action_id, comment: 'homeostat layer' });
  await person.collect(false);
  expect(await keptOf(on)).toEqual([]);
  expect(await idsOf(on)).toEqual(then);
  // In the end it is on record no more.
  sql(t.home, 'UPDATE actions SET finished_ms = finished_ms - 2 * 3600000');
  await person.collect(false);
  expect(query<{ n: number }>(t, 'SELECT count(*) AS n FROM releases')[0]?.n).toBe(0);
  await t.close();
  way.close();
});
