import { describe, expect, test } from 'vitest';
import { testApp } from '../helpers/app.ts';
import { differences, treeOf } from '../helpers/tree.ts';
import { ACTIONS, CASES, FREE, act, furnish } from './cases.ts';

test('every action has a case', () => {
  const covered = new Set(CASES.map((one) => one.tool));
  expect(ACTIONS.filter((tool) => !covered.has(tool.name)).map((tool) => tool.name)).toEqual([]);
});

describe.each(CASES.filter((one) => one.undo === null))('$tool $what', ({ tool, input }) => {
  test('undo restores the tree, undo of the undo brings the change back, and so on', async () => {
    const t = await testApp({ config: FREE });
    furnish(t.root);
    const given = await input(t);
    const before = treeOf(t.root);
    const done = await act(t, tool, given);
    expect(done).toMatchObject({ outcome: 'succeeded', error: null, snapshot_id: done.action_id });
    const after = treeOf(t.root);
    expect(differences(before, after)).not.toEqual([]);

    let last = done;
    for (const expected of [before, after, before, after]) {
      last = await act(t, 'rollback', { id: last.snapshot_id });
      expect(last).toMatchObject({ outcome: 'succeeded', error: null });
      expect(differences(expected, treeOf(t.root))).toEqual([]);
    }
    await t.close();
  });

  test('undo refuses, by name, where somebody has changed a file since', async () => {
    const t = await testApp({ config: FREE });
    furnish(t.root);
    const done = await act(t, tool, await input(t));
    const [changed] = done.effects?.changes.filter((c) => c.change !== 'delete') ?? [];
    const path = changed?.path ?? done.effects?.changes[0]?.path ?? '';
    await act(t, 'run_command', {
      command: `rm -rf '${path}' && mkdir -p '${path}' && printf foreign > '${path}/f'`,
    });
    const now = treeOf(t.root);
    const undone = await act(t, 'rollback', { id: done.snapshot_id });
    expect(undone).toMatchObject({ outcome: 'failed', error: { code: 'rollback_conflict' } });
    expect(undone.error?.message).toContain(path);
    expect(treeOf(t.root)).toEqual(now);
    await t.close();
  });
});

test.each(CASES.filter((one) => one.undo !== null))('$tool $what: undo says that it cannot', async (one) => {
  const t = await testApp({ config: FREE });
  furnish(t.root);
  const done = await act(t, one.tool, await one.input(t));
  expect(done).toMatchObject({ outcome: 'succeeded', snapshot_id: null });
  await (await t.app.operator()).release({ passphrase: 'correct horse battery', terminal: false });
  const undone = await act(t, 'rollback', { id: done.action_id });
  expect(undone).toMatchObject({ outcome: 'denied', error: { code: one.undo } });
  await t.close();
});
