import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { trustAll } from '../helpers/app.ts';
import { asPerson } from '../helpers/cli-process.ts';
import { type Answer, connect } from '../helpers/client.ts';
import { diesAt, filled, restarted } from '../helpers/killing.ts';
import { directly } from '../helpers/scratch.ts';
import { auditOf, expectSettled, treeOf } from '../helpers/state.ts';

const BEFORE = ['intended', 'staged', 'committing'];
const AFTER = ['preserved', 'committed', 'verified'];

const CASES: [tool: string, input: object][] = [
  ['write_file', { path: 'a.txt', content: 'replaced\n' }],
  ['write_file', { path: 'new/deep/c.txt', content: 'created\n' }],
  ['edit_file', { path: 'a.txt', edits: [{ old_text: 'two', new_text: 'three' }] }],
  ['delete_file', { path: 'a.txt' }],
  ['delete_file', { path: 'link' }],
];

for (const [tool, input] of CASES) {
  const name = `${tool} ${(input as { path: string }).path}`;
  for (const step of [...BEFORE, ...AFTER]) {
    test(`${name}, killed at ${step}, leaves every byte as it was`, async () => {
      const place = filled();
      const before = treeOf(place.root);
      expect(await diesAt(place, step, 1, tool, input)).toBe(true);
      expect((await restarted(place)).outcome).toBe(BEFORE.includes(step) ? 'failed' : 'rolled_back');
      expect(treeOf(place.root)).toEqual(before);
    });
  }

  test(`${name}, killed after its outcome was recorded, stays done`, async () => {
    const place = filled();
    const before = treeOf(place.root);
    expect(await diesAt(place, 'finished', 1, tool, input)).toBe(true);
    expect((await restarted(place)).outcome).toBe('succeeded');
    expect(treeOf(place.root)).not.toEqual(before);
  });
}

const COMMAND = 'echo changed > a.txt; mkdir made; echo x > made/x; rm sub/b.bin link';

for (const [step, nth, outcome] of [
  ['intended', 1, 'failed'],
  ['staged', 1, 'failed'],
  ['committing', 1, 'failed'],
  // Between the first and the second scan nobody can tell what the command has done.
  ['preserved', 1, 'unknown'],
  ['preserved', 2, 'rolled_back'],
  ['committed', 1, 'rolled_back'],
  ['verified', 1, 'rolled_back'],
] as const) {
  for (const [kind, line] of [
    ['succeeds', COMMAND],
    ['fails', `${COMMAND}; exit 3`],
  ] as const) {
    test(`run_command without sandbox that ${kind}, killed at ${step} ${nth}, leaves every byte as it was`, async () => {
      const place = directly(filled());
      const before = treeOf(place.root);
      expect(await diesAt(place, step, nth, 'run_command', { command: line })).toBe(true);
      expect((await restarted(place)).outcome).toBe(outcome);
      expect(treeOf(place.root)).toEqual(before);
    });
  }
}

for (const step of [...BEFORE, ...AFTER, 'step 0', 'step 2']) {
  test(`run_command, killed at ${step}, leaves every byte as it was`, async () => {
    const place = filled();
    const before = treeOf(place.root);
    expect(await diesAt(place, step, 1, 'run_command', { command: COMMAND })).toBe(true);
    expect((await restarted(place)).outcome).toBe(BEFORE.includes(step) ? 'failed' : 'rolled_back');
    expect(treeOf(place.root)).toEqual(before);
  });
}

test('run_command without sandbox that fails, killed as it is taken back, is taken back by the next start', async () => {
  const place = directly(filled());
  const before = treeOf(place.root);
  expect(await diesAt(place, 'rolling back', 1, 'run_command', { command: `${COMMAND}; exit 3` })).toBe(true);
  expect((await restarted(place)).outcome).toBe('rolled_back');
  expect(treeOf(place.root)).toEqual(before);
});

test('run_command, killed after its outcome was recorded, stays done and can be undone', async () => {
  const place = filled();
  const before = treeOf(place.root);
  expect(await diesAt(place, 'finished', 1, 'run_command', { command: COMMAND })).toBe(true);
  const { id, outcome } = await restarted(place);
  expect(outcome).toBe('succeeded');
  const server = await connect(place);
  expect((await server.call('rollback', { id })).outcome).toBe('succeeded');
  await server.close();
  expect(treeOf(place.root)).toEqual(before);
});

for (const step of [...BEFORE, ...AFTER, 'finished']) {
  test(`rollback, killed at ${step}, is either not done or done, and can be asked for again`, async () => {
    const place = filled();
    const before = treeOf(place.root);
    const first = await connect(place);
    const done = await first.call('run_command', { command: COMMAND });
    expect(done.outcome).toBe('succeeded');
    await first.close();
    const after = treeOf(place.root);
    const input = { id: String(done.snapshot_id) };
    expect(await diesAt(place, step, 1, 'rollback', input)).toBe(true);
    const { outcome } = await restarted(place);
    expect(treeOf(place.root)).toEqual(step === 'finished' ? before : after);
    const server = await connect(place);
    const again = await server.call('rollback', input);
    if (step === 'finished') {
      expect(outcome).toBe('succeeded');
      expect(again.error?.code).toBe('already_undone');
    } else {
      expect(outcome).toBe(BEFORE.includes(step) ? 'failed' : 'rolled_back');
      expect(again.outcome).toBe('succeeded');
    }
    await server.close();
    expect(treeOf(place.root)).toEqual(before);
  });
}

for (const [tool, input, gone] of [
  ['run_command', { command: 'rm -rf sub; touch .mcp.json' }, 'sub'],
  ['write_file', { path: '.env', content: 'A=1\n' }, null],
] as const) {
  test(`${tool}, killed once it is held, still waits, is approved and committed once`, async () => {
    const place = filled();
    await trustAll(place);
    const before = treeOf(place.root);
    expect(await diesAt(place, 'held', 1, tool, input)).toBe(true);
    const { id, phase } = await restarted(place);
    expect(phase).toBe('held');
    expect(treeOf(place.root)).toEqual(before);
    expect((await asPerson(place, ['approve', id])).code).toBe(0);
    const server = await connect(place);
    expect((await server.wait(id)).outcome).toBe('succeeded');
    expect((await server.wait(id)).outcome).toBe('succeeded');
    await server.close();
    if (gone === null) expect(readFileSync(join(place.root, '.env'), 'utf8')).toBe('A=1\n');
    else expect(existsSync(join(place.root, gone))).toBe(false);
    expect(auditOf(place, id).filter((line) => line.event === 'action.committing')).toHaveLength(1);
    expectSettled(place);
  });

  for (const step of ['committing', 'preserved', 'committed', 'verified']) {
    test(`${tool} after approval, killed at ${step}, is taken back or unknown, and not done twice`, async () => {
      const place = filled();
      await trustAll(place);
      const before = treeOf(place.root);
      const first = await connect(place);
      const held = await first.call(tool, { ...input });
      expect(held.outcome).toBe('held');
      await first.close();
      const id = String(held.action_id);
      await asPerson(place, ['approve', id]);
      expect(await diesAt(place, step, 1, 'wait_for_approval', { action_id: id })).toBe(true);
      const expected = step === 'committing' ? 'failed' : 'rolled_back';
      expect((await restarted(place)).outcome).toBe(expected);
      expect(treeOf(place.root)).toEqual(before);
      const server = await connect(place);
      const answer: Answer = await server.wait(id, 1);
      expect(answer.outcome).toBe(expected);
      await server.close();
      expect(treeOf(place.root)).toEqual(before);
    });
  }
}
