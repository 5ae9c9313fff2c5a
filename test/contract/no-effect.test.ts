import { describe, expect, test } from 'vitest';
import type { QueryReport } from '../../src/core/outcome.ts';
import { type TestApp, testApp } from '../helpers/app.ts';
import { schemaErrors } from '../helpers/schemas.ts';
import { treeOf } from '../helpers/tree.ts';
import { CASES, FREE, type Input, QUERIES, act, badInputs, furnish } from './cases.ts';
import { TOOLS } from '../../src/tools/index.ts';

const recordsOf = async (t: TestApp): Promise<{ event: string; action: string; error: string | null }[]> => {
  const { result } = await t.ask('query_audit', { limit: 200 });
  return (result as { records: { event: string; action: string; error: string | null }[] }).records;
};

describe.each(CASES)('$tool $what', ({ tool, input }) => {
  test('assess_action changes nothing', async () => {
    const t = await testApp({ config: FREE });
    furnish(t.root);
    const given = await input(t);
    const before = treeOf(t.root);
    const report = await t.ask('assess_action', { tool, input: given });
    expect(report).toMatchObject({ outcome: 'succeeded', result: { decision: { verdict: 'allow' } } });
    expect(schemaErrors('assess_action', report)).toEqual([]);
    expect(treeOf(t.root)).toEqual(before);
    expect((await t.ask('get_status')).result).toMatchObject({ emergency_stop: false });
    await t.close();
  });

  test('a dry run shows the effects, or says that they cannot be shown, and changes nothing', async () => {
    const t = await testApp({ config: FREE });
    furnish(t.root);
    const given = await input(t);
    const before = treeOf(t.root);
    const report = await act(t, tool, { ...given, dry_run: true });
    expect(report).toMatchObject({ outcome: 'succeeded', dry_run: true, snapshot_id: null });
    // What runs in its stage has answered by then.
    expect(report.result === null).toBe(tool !== 'run_command');
    const { known, note, changes, diff } = report.effects ?? {
      known: false,
      note: '',
      changes: [],
      diff: '',
    };
    expect(note).not.toBe('');
    expect(known || note.includes('cannot be shown')).toBe(true);
    expect(known && tool !== 'emergency_stop').toBe(changes.length > 0);
    expect(changes.length > 0).toBe(diff !== '');
    expect(treeOf(t.root)).toEqual(before);
    expect((await t.ask('get_status')).result).toMatchObject({ emergency_stop: false, running_actions: 0 });
    // Nothing was done, so that there is nothing to undo and the same action goes through afterwards.
    expect(await act(t, 'rollback', { id: report.action_id })).toMatchObject({ outcome: 'denied' });
    expect(await act(t, tool, given)).toMatchObject({ outcome: 'succeeded' });
    await t.close();
  });

  test('bad input is refused by name, leaves a record and changes nothing', async () => {
    const t = await testApp({ config: FREE });
    furnish(t.root);
    const definition = TOOLS.find((one) => one.name === tool) ?? TOOLS[0];
    const bad = definition === undefined ? [] : badInputs(definition, await input(t));
    expect(bad.length).toBeGreaterThan(2);
    const before = treeOf(t.root);
    const already = (await recordsOf(t)).filter((record) => record.event === 'action.refused').length;
    for (const { input: wrong, names } of bad) {
      const report = await act(t, tool, wrong);
      expect(report).toMatchObject({ outcome: 'denied', action_id: null, error: { code: 'invalid_input' } });
      expect(report.error?.message).toContain(names);
      expect(report.audit).toHaveLength(1);
    }
    expect(treeOf(t.root)).toEqual(before);
    const refused = (await recordsOf(t)).filter((record) => record.event === 'action.refused');
    // Of a flood of one kind the first ten are told one by one.
    expect(refused.length - already).toBe(Math.min(bad.length, 10));
    await t.close();
  });
});

/** A valid input of each query, for a root in which `done` was done. */
const QUERY_INPUTS: Record<string, (done: string) => Input> = {
  read_file: () => ({ path: 'text.txt' }),
  list_files: () => ({ path: '.', depth: 3 }),
  assess_action: () => ({ tool: 'delete_file', input: { path: 'text.txt' } }),
  list_snapshots: () => ({ limit: 5 }),
  diff_snapshot: (done) => ({ id: done }),
  query_audit: () => ({ text: 'tool', limit: 5 }),
  list_approvals: () => ({ limit: 5 }),
  wait_for_approval: (done) => ({ action_id: done, wait_seconds: 0 }),
  get_status: () => ({}),
  process_output: () => ({}),
  read_compose: () => ({ paths: ['compose.yml'] }),
  validate_compose: () => ({ paths: ['compose.yml'] }),
  get_metrics: () => ({ of: 'activity', since: '1h' }),
  get_health: () => ({}),
};

describe.each(QUERIES.map((tool) => ({ name: tool.name, tool })))('$name', ({ name, tool }) => {
  const ask = async (t: TestApp, input: unknown): Promise<QueryReport> => {
    const report = await t.ask(name, input as object);
    expect(schemaErrors(name, report), `${name} answers as published`).toEqual([]);
    return report;
  };

  test('is read-only, except for the one that carries out what a person granted', () => {
    expect(tool.annotations.readOnlyHint).toBe(name !== 'wait_for_approval');
    expect(Object.keys(QUERY_INPUTS)).toContain(name);
  });

  test('answers as published and changes nothing', async () => {
    const t = await testApp({ config: FREE });
    furnish(t.root);
    const done = (await act(t, 'delete_file', { path: 'tool.sh' })).action_id ?? '';
    const before = treeOf(t.root);
    expect(await ask(t, QUERY_INPUTS[name]?.(done))).toMatchObject({ outcome: 'succeeded', error: null });
    expect(treeOf(t.root)).toEqual(before);
    await t.close();
  });

  test('bad input is refused by name, and is on record', async () => {
    const t = await testApp({ config: FREE });
    furnish(t.root);
    const bad = badInputs(tool, QUERY_INPUTS[name]?.('none') ?? {});
    for (const { input, names } of bad) {
      const report = await ask(t, input);
      expect(report).toMatchObject({ outcome: 'denied', result: null, error: { code: 'invalid_input' } });
      expect(report.error?.message).toContain(names);
    }
    const refused = (await recordsOf(t)).filter((r) => r.action === name && r.error === 'invalid_input');
    expect(refused).toHaveLength(tool.recorded ? bad.length : 0);
    await t.close();
  });
});
