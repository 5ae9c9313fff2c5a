import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { connect } from '../helpers/client.ts';
import { diesAt, expectClean, filled, restarted } from '../helpers/killing.ts';
import { eventually } from '../helpers/processes.ts';
import { directly } from '../helpers/scratch.ts';
import { sql } from '../helpers/sql.ts';
import { actionsOf, auditOf, expectSettled, processesIn, treeOf } from '../helpers/state.ts';

test('a command killed while it runs is unknown: nothing is taken back by itself, a person may', async () => {
  const place = directly(filled());
  const server = await connect(place);
  const command = 'echo changed > a.txt; rm sub/b.bin; echo > started; sleep 600';
  const call = server.call('run_command', { command }).catch(() => 'died');
  await eventually(() => existsSync(join(place.root, 'started')), 'the command runs');
  process.kill(server.pid, 'SIGKILL');
  expect(await call).toBe('died');
  await server.close();
  expect(processesIn(place.base)).not.toEqual([]);
  const changed = treeOf(place.root);

  const { id, outcome } = await restarted(place);
  expect(outcome).toBe('unknown');
  expect(treeOf(place.root)).toEqual(changed);
  const next = await connect(place);
  const diff = await next.call('diff_snapshot', { id });
  expect(diff.result?.['diff']).toContain('+changed');
  expect((await next.call('rollback', { id })).outcome).toBe('held');
  await next.close();
});

test('a file and its new folders, killed while the content is written, are gone again', async () => {
  const place = filled();
  const before = treeOf(place.root);
  const folder = join(place.root, 'new', 'deep');
  expect(await diesAt(place, 'step 1', 1, 'write_file', { path: 'new/deep/a.txt', content: 'x' })).toBe(true);
  expect(existsSync(folder)).toBe(true);
  expect((await restarted(place)).outcome).toBe('rolled_back');
  expect(treeOf(place.root)).toEqual(before);
});

for (const [what, command] of [
  ['removed', 'rm sub/b.bin; rmdir sub'],
  ['replaced by a file', 'rm sub/b.bin; rmdir sub; echo x > sub'],
] as const) {
  test(`a folder that was ${what}, its undo killed half-way, is as before the undo and can be undone`, async () => {
    const place = filled();
    const whole = treeOf(place.root);
    const first = await connect(place);
    const done = await first.call('run_command', { command });
    expect(done.outcome).toBe('succeeded');
    await first.close();
    const changed = treeOf(place.root);
    const input = { id: String(done.snapshot_id) };
    expect(await diesAt(place, 'step 0', 1, 'rollback', input)).toBe(true);
    expect(treeOf(place.root)).not.toEqual(changed);
    expect((await restarted(place)).outcome).toBe('rolled_back');
    expect(treeOf(place.root)).toEqual(changed);
    const next = await connect(place);
    expect((await next.call('rollback', input)).outcome).toBe('succeeded');
    await next.close();
    expect(treeOf(place.root)).toEqual(whole);
  });
}

test('a start with queries alone brings a half-done commit to its end too', async () => {
  const place = filled();
  const before = treeOf(place.root);
  expect(await diesAt(place, 'committed', 1, 'write_file', { path: 'a.txt', content: 'new' })).toBe(true);
  expect((await restarted(place, ['--read-only'])).outcome).toBe('rolled_back');
  expect(treeOf(place.root)).toEqual(before);
});

test('a server killed between its admission and its intent leaves no lease behind', async () => {
  const place = filled();
  expect(await diesAt(place, 'finished', 1, 'write_file', { path: 'a.txt', content: 'new' })).toBe(true);
  // There is no step to die at between the two, so its lease is put where that death would leave it.
  sql(place.home, "INSERT INTO leases SELECT 'file:/x', 'neverbegun', owner FROM actions");
  expect((await restarted(place)).outcome).toBe('succeeded');
});

test('what somebody else changed after the crash is left alone, and named', async () => {
  const place = filled();
  expect(await diesAt(place, 'committed', 1, 'write_file', { path: 'a.txt', content: 'new' })).toBe(true);
  writeFileSync(join(place.root, 'a.txt'), 'theirs');
  const { id, outcome } = await restarted(place);
  expect(outcome).toBe('rollback_failed');
  expect(readFileSync(join(place.root, 'a.txt'), 'utf8')).toBe('theirs');
  const last = auditOf(place, id).find((line) => line.event === 'action.recovered');
  expect(last).toMatchObject({ result: 'rollback_failed', error: 'interrupted' });
});

test('killed at any moment with several calls running, every action ends, and nothing is left over', async () => {
  const place = filled();
  // Fixed steps through the time that the calls take: as good as random, and the same in every run.
  for (let round = 0; round < 15; round++) {
    const server = await connect(place);
    await server.call('get_status');
    const calls = [
      server.call('write_file', { path: `r${round}/a.txt`, content: `a${round}` }),
      server.call('edit_file', { path: 'a.txt', edits: [{ old_text: 'two', new_text: `two ${round}` }] }),
      server.call('write_file', { path: 'sub/c.txt', content: `${round}\n`.repeat(50_000) }),
      server.call('run_command', { command: `echo ${round} >> log; sleep 0.05; echo ${round} >> sub/d` }),
      server.call('run_command', { command: `echo ${round}; sleep 600` }),
    ];
    const settled = Promise.allSettled(calls);
    await sleep(5 + round * 23);
    process.kill(server.pid, 'SIGKILL');
    await settled;
    await server.close();

    const next = await connect(place);
    expect((await next.call('get_status')).result?.['running_actions']).toBe(0);
    await next.close();
    expectSettled(place);
    expectClean(place);
    const last = actionsOf(place).slice(-5);
    expect(last.map((row) => row.outcome)).not.toContain('rollback_failed');
  }
});

test('a server that goes on builds on nothing that a killed one left half done', async () => {
  const place = filled();
  const survivor = await connect(place);
  expect((await survivor.call('get_status')).outcome).toBe('succeeded');
  expect(await diesAt(place, 'committed', 1, 'write_file', { path: 'a.txt', content: 'half done\n' })).toBe(
    true,
  );
  const edited = await survivor.call('edit_file', {
    path: 'a.txt',
    edits: [{ old_text: 'one', new_text: 'ONE' }],
  });
  expect(edited.error).toBeNull();
  expect(readFileSync(join(place.root, 'a.txt'), 'utf8')).toBe('ONE\ntwo\n');
  await survivor.close();
  expectSettled(place);
});
