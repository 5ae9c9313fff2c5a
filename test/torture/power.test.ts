import { renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { connect } from '../helpers/client.ts';
import { diesAt, filled, restarted } from '../helpers/killing.ts';
import type { Scratch } from '../helpers/scratch.ts';
import { auditOf, treeOf } from '../helpers/state.ts';

const KEEPS_FLUSHED = pathToFileURL(join(import.meta.dirname, '..', 'fixtures', 'flushed-log.mjs')).href;

function watched(): Scratch {
  const place = filled();
  return { ...place, env: { ...place.env, NODE_OPTIONS: `--import=${KEEPS_FLUSHED}` } };
}

/** Takes from the log what was written since its last flush, and gives its length in bytes; files stay as they are. */
function powerFailure({ home }: Scratch): number {
  const log = join(home, 'state.db-wal');
  const length = statSync(log).size;
  renameSync(`${log}.flushed`, log);
  rmSync(`${log.slice(0, -'-wal'.length)}-shm`);
  return length - statSync(log).size;
}

const COMMAND = 'rm sub/b.bin; rmdir sub; echo x >>a.txt; mkdir new; echo y >new/z';
const events = (place: Scratch): string[] => auditOf(place).map(({ event }) => event);

test('a command, the power gone before its first change: nothing was committed, though the log had said so', async () => {
  const place = watched();
  const before = treeOf(place.root);
  expect(await diesAt(place, 'committing', 1, 'run_command', { command: COMMAND })).toBe(true);
  // The record of the commit waits for the flush of the snapshot.
  expect(powerFailure(place)).toBeGreaterThan(0);
  expect((await restarted(place)).outcome).toBe('failed');
  expect(events(place)).not.toContain('action.committing');
  expect(treeOf(place.root)).toEqual(before);
  const next = await connect(place);
  expect((await next.call('run_command', { command: COMMAND })).outcome).toBe('succeeded');
  await next.close();
});

test.each(['preserved', 'step 0', 'verified'])(
  'a command, the power gone at "%s": what was flushed is enough to take it back',
  async (step) => {
    const place = watched();
    const before = treeOf(place.root);
    expect(await diesAt(place, step, 1, 'run_command', { command: COMMAND })).toBe(true);
    powerFailure(place);
    expect((await restarted(place)).outcome).toBe('rolled_back');
    expect(events(place)).toContain('action.committing');
    expect(treeOf(place.root)).toEqual(before);
  },
);

test('an undo, the power gone before and after its first change: it is as if it had not been asked for', async () => {
  for (const [step, outcome] of [
    ['committing', 'failed'],
    ['step 0', 'rolled_back'],
  ] as const) {
    const place = watched();
    const first = await connect(place);
    const done = await first.call('run_command', { command: COMMAND });
    await first.close();
    const changed = treeOf(place.root);
    const input = { id: String(done.snapshot_id) };
    expect(await diesAt(place, step, 1, 'rollback', input)).toBe(true);
    powerFailure(place);
    expect((await restarted(place)).outcome).toBe(outcome);
    expect(treeOf(place.root)).toEqual(changed);
  }
});
