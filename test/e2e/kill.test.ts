import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ActionReport } from '../../src/core/outcome.ts';
import { type TestApp, testApp, trustAll } from '../helpers/app.ts';
import { asPerson } from '../helpers/cli-process.ts';
import { diesAt, filled, restarted } from '../helpers/killing.ts';
import { type Scratch, directly } from '../helpers/scratch.ts';
import { auditOf, expectSettled, treeOf } from '../helpers/state.ts';

/** The agent that `diesAt` is, in this process: only what is killed needs one of its own. */
const AGENT = { client: 'test-client', user: userInfo().username };

async function inProcess<T>(place: Scratch, work: (t: TestApp) => Promise<T>): Promise<T> {
  const t = await testApp({ on: place });
  try {
    return await work(t);
  } finally {
    await t.close();
  }
}

const called = async (place: Scratch, tool: string, input: object): Promise<ActionReport> =>
  inProcess(place, async (t) => t.act(tool, input, AGENT));

const approved = async (place: Scratch, id: string): Promise<void> =>
  inProcess(place, async (t) => t.approve(id));

/** Waits for a person's word on a held action, and answers that action's own report. */
const waited = async (place: Scratch, id: string): Promise<ActionReport> =>
  inProcess(place, async (t) => {
    const { result } = await t.ask('wait_for_approval', { action_id: id, wait_seconds: 30 }, AGENT);
    return (result as { report: ActionReport }).report;
  });

const BEFORE = ['intended', 'staged', 'committing'];
const AFTER = ['preserved', 'committed', 'verified'];

/** Through the server; every tool is killed at each step in test/contract/kill.test.ts. */
const WRITING = { path: 'a.txt', content: 'replaced\n' };

for (const step of [...BEFORE, ...AFTER]) {
  test(`write_file, killed at ${step}, leaves every byte as it was`, async () => {
    const place = filled();
    const before = treeOf(place.root);
    expect(await diesAt(place, step, 1, 'write_file', WRITING)).toBe(true);
    expect((await restarted(place)).outcome).toBe(BEFORE.includes(step) ? 'failed' : 'rolled_back');
    expect(treeOf(place.root)).toEqual(before);
  });
}

for (const [tool, input] of [
  ['write_file', WRITING],
  ['write_file', { path: 'new/deep/c.txt', content: 'created\n' }],
  ['edit_file', { path: 'a.txt', edits: [{ old_text: 'two', new_text: 'three' }] }],
  ['delete_file', { path: 'a.txt' }],
  ['delete_file', { path: 'link' }],
] as const) {
  test(`${tool} ${input.path}, killed after its outcome was recorded, stays done`, async () => {
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
  expect((await called(place, 'rollback', { id })).outcome).toBe('succeeded');
  expect(treeOf(place.root)).toEqual(before);
});

for (const step of [...BEFORE, ...AFTER, 'finished']) {
  test(`rollback, killed at ${step}, is either not done or done, and can be asked for again`, async () => {
    const place = filled();
    const before = treeOf(place.root);
    const done = await called(place, 'run_command', { command: COMMAND });
    expect(done.outcome).toBe('succeeded');
    const after = treeOf(place.root);
    const input = { id: String(done.snapshot_id) };
    expect(await diesAt(place, step, 1, 'rollback', input)).toBe(true);
    const { outcome } = await restarted(place);
    expect(treeOf(place.root)).toEqual(step === 'finished' ? before : after);
    const again = await called(place, 'rollback', input);
    if (step === 'finished') {
      expect(outcome).toBe('succeeded');
      expect(again.error?.code).toBe('already_undone');
    } else {
      expect(outcome).toBe(BEFORE.includes(step) ? 'failed' : 'rolled_back');
      expect(again.outcome).toBe('succeeded');
    }
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
    expect((await waited(place, id)).outcome).toBe('succeeded');
    expect((await waited(place, id)).outcome).toBe('succeeded');
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
      const held = await called(place, tool, input);
      expect(held.outcome).toBe('held');
      const id = String(held.action_id);
      await approved(place, id);
      expect(await diesAt(place, step, 1, 'wait_for_approval', { action_id: id })).toBe(true);
      const expected = step === 'committing' ? 'failed' : 'rolled_back';
      expect((await restarted(place)).outcome).toBe(expected);
      expect(treeOf(place.root)).toEqual(before);
      expect((await waited(place, id)).outcome).toBe(expected);
      expect(treeOf(place.root)).toEqual(before);
    });
  }
}
