// The engine's own disk runs full in the middle of what homeostat does there: nothing is lost, and what is left undone is said.
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ActionReport } from '../../src/core/outcome.ts';
import type { TestApp } from '../helpers/app.ts';
import { type TestEngine, endEngine, startEngine } from '../helpers/engine.ts';
import { scratch } from '../helpers/scratch.ts';
import { describeWithMounts, smallDisk } from '../helpers/small-disk.ts';
import { act, appOn } from './cases.ts';
import { furnish, worldOf } from './world.ts';

describeWithMounts('the engine’s disk', import.meta.filename, () => {
  test('actions that find it full fail by name and change nothing; an undo that does is done when there is room', async () => {
    const folder = join(scratch().base, 'disk');
    mkdirSync(folder);
    const disk = smallDisk({ home: folder }, '60m');
    const e = await startEngine(['--data-root', join(folder, 'data')]);
    const t = await appOn(e);
    try {
      await furnish(e, 'web');
      const { Mountpoint } = await e.docker
        .createVolume({ Name: 'spare' })
        .then(async (one) => one.inspect());
      writeFileSync(join(Mountpoint, 'kept'), randomBytes(2_000_000));
      await fullInAction(e, t, disk);
      await fullInUndo(e, t, disk);
    } finally {
      await t.close();
      await endEngine(e);
    }
  });
});

const FULL = {
  outcome: 'rolled_back',
  error: { code: 'engine_error', message: expect.stringMatching(/no space left on device.* as it was/is) },
};

type Disk = ReturnType<typeof smallDisk>;

async function whileFull(disk: Disk, work: () => Promise<ActionReport>): Promise<ActionReport> {
  disk.fill();
  try {
    return await work();
  } finally {
    disk.free();
  }
}

async function fullInAction(e: TestEngine, t: TestApp, disk: Disk): Promise<void> {
  const then = await worldOf(e);
  for (const [tool, input] of [
    ['recreate_container', { container: 'web', env: { NEW: '1' } }],
    ['remove_container', { container: 'web' }],
  ] as const) {
    const report = await whileFull(disk, async () => act(t, tool, input));
    expect(report).toMatchObject(FULL);
    expect(await worldOf(e)).toEqual(then);
  }
}

async function fullInUndo(e: TestEngine, t: TestApp, disk: Disk): Promise<void> {
  for (const [tool, input] of [
    ['remove_container', { container: 'web' }],
    ['remove_volume', { volume: 'spare' }],
  ] as const) {
    const [then, kept] = [await worldOf(e), await spareOf(e)];
    const done = await act(t, tool, input);
    expect(done).toMatchObject({ outcome: 'succeeded', error: null });
    const now = await worldOf(e);
    expect(now).not.toEqual(then);
    expect(await whileFull(disk, async () => act(t, 'rollback', { id: done.action_id }))).toMatchObject(FULL);
    expect(await worldOf(e)).toEqual(now);
    const again = await act(t, 'rollback', { id: done.action_id });
    expect(again, JSON.stringify(again.error)).toMatchObject({ outcome: 'succeeded', error: null });
    expect([await worldOf(e), await spareOf(e)]).toEqual([then, kept]);
  }
}

/** What is kept in the volume that no container has. */
async function spareOf({ docker }: TestEngine): Promise<string> {
  const { Mountpoint } = await docker.getVolume('spare').inspect();
  return createHash('sha256')
    .update(readFileSync(join(Mountpoint, 'kept')))
    .digest('hex');
}
