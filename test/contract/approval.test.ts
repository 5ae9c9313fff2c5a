import { applyPatch, parsePatch } from 'diff';
import { execa } from 'execa';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AuditBody } from '../../src/core/records.ts';
import { PASSPHRASE, type TestApp, testApp } from '../helpers/app.ts';
import { BIN } from '../helpers/client.ts';
import { differences, treeOf } from '../helpers/tree.ts';
import { ASKING, CASES, type Input, act, furnish, wait } from './cases.ts';

/** A person in a process of their own; answers what they were shown. */
async function approveElsewhere(t: TestApp, id: string): Promise<string> {
  const { stderr } = await execa(process.execPath, [BIN, 'approve', id, '--passphrase-stdin'], {
    cwd: t.base,
    env: t.env,
    input: `${PASSPHRASE}\n`,
  });
  return stderr;
}

const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** What a shown diff makes of a text. */
function patched(text: string, diff: string): string {
  const [patch, ...more] = parsePatch(diff);
  expect(more).toEqual([]);
  const result = patch === undefined ? false : applyPatch(text, patch);
  return result === false ? 'the diff does not fit' : result;
}

async function eventsOf(t: TestApp, id: string): Promise<string[]> {
  const { result } = await t.ask('query_audit', { action_id: id, limit: 50 });
  return (result as { records: AuditBody[] }).records.map((record) => record.event).toReversed();
}

const asked = CASES.flatMap((one) => (one.asked === null ? [] : [{ ...one, ...one.asked }]));

async function held(input: (t: TestApp) => Promise<Input>, tool: string) {
  const t = await testApp({ config: ASKING });
  furnish(t.root);
  const given = await input(t);
  const before = treeOf(t.root);
  const report = await act(t, tool, given);
  expect(report).toMatchObject({ outcome: 'held', error: { code: 'approval_required' }, snapshot_id: null });
  expect(differences(before, treeOf(t.root))).toEqual([]);
  return { t, given, before, id: report.action_id ?? '', diff: report.effects?.diff ?? '' };
}

describe.each(asked)('$tool $what', ({ tool, input, file, stale }) => {
  test('an approval from another process commits exactly what was shown, once', async () => {
    const { t, given, before, id, diff } = await held(input, tool);
    const text = textOf(join(t.root, file));
    expect((await wait(t, id, 0)).outcome).toBe('held');

    const shown = await approveElsewhere(t, id);
    // An approval alone does nothing: the agent carries it out when it asks.
    expect(differences(before, treeOf(t.root))).toEqual([]);
    const report = await wait(t, id);
    expect(report).toMatchObject({ outcome: 'succeeded', action_id: id, error: null });
    const after = textOf(join(t.root, file));
    const expected = diff === '' ? after : patched(text, diff);
    expect(after).toBe(expected);
    // What cannot be shown as effects is shown as the words that will run.
    expect(shown).toContain(diff === '' ? JSON.stringify(given['command']) : diff.trim());

    const done = treeOf(t.root);
    appendFileSync(join(t.root, file), 'somebody went on\n');
    expect(await wait(t, id)).toEqual(report);
    expect(textOf(join(t.root, file))).toBe(`${after}somebody went on\n`);
    expect(Object.keys(treeOf(t.root)).length).toBe(
      Object.keys(done).length + (after === '' && done[file] === undefined ? 1 : 0),
    );
    const once = [
      'action.intended',
      'action.held',
      'approval.approved',
      'action.committing',
      'action.finished',
    ];
    expect(await eventsOf(t, id)).toEqual(once);
    await t.close();
  });

  test(`a file changed between asking and approving: ${stale}, and nothing of it is overwritten unseen`, async () => {
    const { t, id, diff } = await held(input, tool);
    appendFileSync(join(t.root, file), 'foreign\n');
    const changed = treeOf(t.root);
    await approveElsewhere(t, id);
    const report = await wait(t, id);
    expect(report.outcome).toBe(stale);
    const untouched = differences(changed, treeOf(t.root));
    expect(untouched.length > 0).toBe(stale === 'succeeded');
    const { result } = await t.ask('list_approvals', {});
    const states = (result as { approvals: { action_id: string; status: string }[] }).approvals
      .filter((one) => one.action_id === id)
      .map((one) => one.status);
    const expected = { held: ['pending', 'revoked'], succeeded: ['consumed'], failed: ['revoked'] };
    expect(states).toEqual(expected[stale]);
    await (stale === 'held' ? askedAnew(t, id, file, diff) : Promise.resolve());
    await t.close();
  });

  test('an approval that a person takes back, or denies, commits nothing', async () => {
    for (const word of ['revoke', 'deny'] as const) {
      const { t, before, id } = await held(input, tool);
      await t.approve(id);
      (await t.app.operator())[word](id, 'no');
      expect(await wait(t, id)).toMatchObject({ outcome: 'denied', snapshot_id: null });
      expect(differences(before, treeOf(t.root))).toEqual([]);
      await t.close();
    }
  });
});

/** The action was staged anew: what is shown now is another diff, and that one is what a second approval commits. */
async function askedAnew(t: TestApp, id: string, file: string, diff: string): Promise<void> {
  const text = textOf(join(t.root, file));
  const { result } = await t.ask('diff_snapshot', { id });
  const anew = (result as { diff: string }).diff;
  expect(anew).not.toBe(diff);
  expect(anew).toContain('foreign');
  await approveElsewhere(t, id);
  expect(await wait(t, id)).toMatchObject({ outcome: 'succeeded' });
  expect(textOf(join(t.root, file))).toBe(patched(text, anew));
}
