import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AuditBody } from '../../src/core/records.ts';
import { type TestApp, testApp } from '../helpers/app.ts';

const CONFIG = 'protected:\n  paths: [kept]\n';

const CASES = [
  { tool: 'write_file', input: { path: 'kept/a', content: 'new' }, file: 'new' },
  { tool: 'delete_file', input: { path: 'kept/a' }, file: null },
  {
    tool: 'edit_file',
    input: { path: 'kept/a', edits: [{ old_text: 'old', new_text: 'new' }] },
    file: 'new',
  },
  { tool: 'run_command', input: { command: 'no-such-tool || echo new >> log; rm -rf kept/a' }, file: null },
];

async function events(t: TestApp, id: string): Promise<string[]> {
  const { result } = await t.ask('query_audit', { action_id: id, limit: 200 });
  return (result as { records: AuditBody[] }).records.map((record) => record.event).toReversed();
}

/** Acts, with a person's consent. */
async function through(t: TestApp, tool: string, input: object): Promise<void> {
  const { action_id } = await t.act(tool, input);
  await t.approve(action_id ?? '');
  const { result } = await t.ask('wait_for_approval', { action_id, wait_seconds: 20 });
  expect(result).toMatchObject({ report: { outcome: 'succeeded' } });
}

/** A client that was cut off asks again while its first wait still lives; a person may carry it out as well. */
test.each(CASES)('$tool: two waits for one approval carry it out once', async ({ tool, input, file }) => {
  const t = await testApp({ config: CONFIG });
  const other = await testApp({ on: t });
  mkdirSync(join(t.root, 'kept'));
  writeFileSync(join(t.root, 'kept/a'), 'old');

  const held = await t.act(tool, input);
  expect(held.outcome).toBe('held');
  const id = held.action_id ?? '';
  const wait = { action_id: id, wait_seconds: 20 };
  const waits = [
    t.ask('wait_for_approval', wait),
    t.ask('wait_for_approval', wait),
    other.ask('wait_for_approval', wait),
  ];
  await t.approve(id);
  const reports = (await Promise.all(waits)).map(({ result }) => (result as { report: typeof held }).report);

  expect(reports.map((report) => report.outcome)).toEqual(['succeeded', 'succeeded', 'succeeded']);
  expect(await events(t, id)).toEqual([
    'action.intended',
    'action.held',
    'approval.approved',
    'action.committing',
    'action.finished',
  ]);
  expect(existsSync(join(t.root, 'kept/a')) ? readFileSync(join(t.root, 'kept/a'), 'utf8') : null).toBe(file);
  // What undo needs must have outlived the waits that came too late.
  await through(t, 'rollback', { id });
  expect(readFileSync(join(t.root, 'kept/a'), 'utf8')).toBe('old');
  // No lease is left behind by a wait that came too late.
  expect((await other.act('write_file', { path: 'free', content: '' })).outcome).toBe('succeeded');
  await other.close();
  await t.close();
});
