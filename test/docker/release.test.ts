import { afterEach, expect, test } from 'vitest';
import { engineForTests } from '../helpers/engine.ts';
import { age } from '../helpers/kept.ts';
import { query } from '../helpers/state.ts';
import { sql } from '../helpers/sql.ts';
import { act, appOn, clear } from './cases.ts';
import { fillVolume, nameless, objectsOf } from './objects.ts';
import { furnish } from './world.ts';

const engine = engineForTests();
afterEach(async () => clear(await engine()));

type On = Awaited<ReturnType<typeof engine>>;

const kept = async ({ docker }: On): Promise<string[]> =>
  (await docker.listImages())
    .flatMap(({ RepoTags }) => RepoTags ?? [])
    .filter((name) => name.startsWith('homeostat/'));

test('images and layers go with their snapshots, also when the engine is away at first; what somebody uses stays', async () => {
  const on = await engine();
  await furnish(on, 'gone');
  await furnish(on, 'back');
  const image = await nameless(on, 'mine');
  const t = await appOn(on);
  for (const container of ['gone', 'back'])
    expect((await act(t, 'remove_container', { container })).outcome).toBe('succeeded');
  const removed = await act(t, 'remove_image', { image });
  expect(removed.outcome).toBe('succeeded');
  // What was undone runs from a kept layer.
  const undone = await act(t, 'rollback', { id: query<{ id: string }>(t, IDS)[1]?.id });
  expect(undone.outcome).toBe('succeeded');
  expect(await kept(on)).toHaveLength(5);
  age(t);
  sql(t.home, 'UPDATE snapshots SET created_ms = created_ms - 1000 * 86400000');
  const person = await t.app.operator();
  await on.stop();
  expect(await person.collect(false)).toMatchObject({ unreleased: 4 });
  await on.start();
  const before = await objectsOf(on);
  expect(await person.collect(false)).toMatchObject({ unreleased: 0 });
  expect(await kept(on)).toEqual([]);
  const after = (await objectsOf(on)) as { images: { Id: string; names: string[] }[] };
  // It runs from the layer, which stays without a name.
  const { Image } = await on.docker.getContainer('back').inspect();
  expect(after.images.filter(({ names }) => names.length === 0)).toEqual([{ Id: Image, names: [] }]);
  expect({ ...after, images: after.images.filter(({ Id }) => Id !== Image) }).toEqual(before);
  await expect(on.docker.getImage(image).inspect()).rejects.toThrow('No such image');
  expect((await on.docker.getImage('busy:1').inspect()).RepoTags).toEqual(['busy:1']);
  // Once more, with nothing left.
  expect(await person.collect(false)).toMatchObject({ unreleased: 0 });
  await t.close();
});

const IDS = "SELECT id FROM actions WHERE tool = 'remove_container' ORDER BY created_ms";

test('what a volume held is kept once, and goes with the last snapshot that names it', async () => {
  const on = await engine();
  const t = await appOn(on);
  await fillVolume(on, 'one');
  await fillVolume(on, 'two');
  const objects = (): number => {
    age(t);
    return query<{ bytes: number }>(t, 'SELECT bytes FROM snapshots').reduce(
      (sum, row) => sum + row.bytes,
      0,
    );
  };
  const first = await act(t, 'remove_volume', { volume: 'one' });
  const second = await act(t, 'remove_volume', { volume: 'two' });
  expect([first.outcome, second.outcome]).toEqual(['succeeded', 'succeeded']);
  expect(objects()).toBeGreaterThan(2 * (3 << 20));
  const person = await t.app.operator();
  expect((await person.collect(true)).objects).toEqual({ count: 0, bytes: 0 });
  sql(t.home, 'UPDATE snapshots SET created_ms = created_ms - 1000 * 86400000');
  const { objects: went } = await person.collect(false);
  // Both held the same noise: it was kept once.
  expect(went.bytes).toBeGreaterThan(3 << 20);
  expect(went.bytes).toBeLessThan(1.5 * (3 << 20));
  expect((await t.act('rollback', { id: first.action_id })).error?.code).toBe('snapshot_gone');
  await t.close();
});
