import { readdirSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openObjects } from '../../src/store/objects.ts';
import { testApp } from '../helpers/app.ts';
import { age, storeWith } from '../helpers/kept.ts';
import { scratch } from '../helpers/scratch.ts';
import { describeWithMounts, smallDisk } from '../helpers/small-disk.ts';
import { query } from '../helpers/state.ts';

const CONFIG = 'retention:\n  snapshots: 1\n  free_bytes: 3000000\n  free_percent: 50\n';

/** The product with its state on a disk of 6 MB, half of which is to stay free. */
async function onSmallDisk() {
  const place = scratch(CONFIG);
  const disk = smallDisk(place);
  const first = await testApp({ on: place });
  const person = await first.app.operator();
  await person.enrol('correct horse battery', null);
  await person.trustConfig({ passphrase: 'correct horse battery', terminal: false });
  await first.close();
  return { t: await testApp({ on: place }), disk };
}

const free = (folder: string): number => {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
};

describeWithMounts('a disk with little space', 'test/e2e/space.test.ts', () => {
  test('an action is refused before there is no room for what undoes it; an undo and a look are not', async () => {
    const { t } = await onSmallDisk();
    const done = await t.act('write_file', { path: 'a', content: 'a' });
    expect(done.outcome).toBe('succeeded');
    const ballast = join(t.home, 'objects', '.ballast');
    writeFileSync(ballast, Buffer.alloc(free(t.home) - 2_500_000, 1));
    const refused = await t.act('write_file', { path: 'b', content: 'b' });
    expect(refused).toMatchObject({ outcome: 'denied', error: { code: 'no_space' } });
    expect(refused.error?.message).toContain(t.home);
    expect(refused.error?.message).toMatch(/2\.\d MB free, and 3\.\d MB/);
    expect(refused.error?.next).toContain('homeostat snapshots gc');
    expect((await t.act('run_command', { command: 'touch c' })).error?.code).toBe('no_space');
    expect((await t.act('run_command', { command: 'ls' })).error).toBeNull();
    expect((await t.ask('get_status')).outcome).toBe('succeeded');
    expect((await t.act('rollback', { id: done.action_id })).outcome).toBe('succeeded');
    expect(readdirSync(t.root)).toEqual([]);
    await t.close();
  });

  test('on a full disk a collection makes room, and what records name stays', async () => {
    const { t, disk } = await onSmallDisk();
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c'])
      ids.push((await t.act('write_file', { path: name, content: name.repeat(100_000) })).action_id ?? '');
    const objects = openObjects(join(t.home, 'objects'));
    for (const name of ['x', 'y', 'z']) await objects.put(Buffer.from(name.repeat(200_000)));
    age(t);
    storeWith(t, ['0123456789', ids[2] ?? '']);
    disk.fill();
    expect(free(t.home)).toBeLessThan(4096);
    const person = await t.app.operator();
    const found = await person.collect(false);
    expect(found).toMatchObject({ busy: false, objects: { count: 6, bytes: 900_000 } });
    expect(found.snapshots.map((s) => s.snapshot_id).toSorted()).toEqual(ids.slice(0, 2).toSorted());
    expect(free(t.home)).toBeGreaterThan(700_000);
    disk.free();
    expect(query(t, 'SELECT action_id FROM snapshots')).toEqual([{ action_id: ids[2] }]);
    expect((await t.act('rollback', { id: ids[2] })).outcome).toBe('succeeded');
    await t.close();
  });

  test('on a full disk where nothing can go, a collection says so and loses nothing', async () => {
    const { t, disk } = await onSmallDisk();
    const done = await t.act('write_file', { path: 'a', content: 'a' });
    disk.fill();
    const person = await t.app.operator();
    const said = await person.collect(false).then(
      () => 'collected',
      (error: unknown) => (error as { code: string }).code,
    );
    expect(['collected', 'record_failed']).toContain(said);
    disk.free();
    expect((await t.act('rollback', { id: done.action_id })).outcome).toBe('succeeded');
    await t.close();
  });
});
