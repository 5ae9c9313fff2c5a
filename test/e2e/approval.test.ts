import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { trustAll } from '../helpers/app.ts';
import { connect } from '../helpers/client.ts';
import { asPerson, cli } from '../helpers/cli-process.ts';
import { directly, scratch } from '../helpers/scratch.ts';

async function place(): Promise<ReturnType<typeof scratch>> {
  const made = directly(scratch());
  mkdirSync(join(made.root, 'data'));
  writeFileSync(join(made.root, 'data', 'a.csv'), '1,2\n');
  await trustAll(made);
  return made;
}

test('a held command is approved in another process, runs once, and can be undone', async () => {
  const made = await place();
  const server = await connect(made);
  const held = await server.call('run_command', { command: 'rm -rf data', reason: 'tidy up' });
  expect(held).toMatchObject({ outcome: 'held', error: { code: 'approval_required' } });
  const id = String(held.action_id);
  expect(held.error?.next).toContain(`homeostat approve ${id}`);

  const still = await server.call('wait_for_approval', { action_id: id, wait_seconds: 0.2 });
  expect(still.result).toMatchObject({ report: { outcome: 'held' } });

  const waiting = server.call('wait_for_approval', { action_id: id });
  const approved = await asPerson(made, ['approve', id]);
  expect(approved.code).toBe(0);
  expect(approved.stderr).toContain('run rm -rf data');
  expect(approved.stderr).toContain('tidy up');
  expect((await waiting).result).toMatchObject({ report: { outcome: 'succeeded', snapshot_id: id } });
  expect(existsSync(join(made.root, 'data'))).toBe(false);

  const again = await server.call('wait_for_approval', { action_id: id });
  expect(again.result).toMatchObject({ report: { outcome: 'succeeded' } });
  expect((await server.call('rollback', { id })).outcome).toBe('succeeded');
  expect(readFileSync(join(made.root, 'data', 'a.csv'), 'utf8')).toBe('1,2\n');
  await server.close();
});

test('an agent reads why a person said no, and what was staged is gone', async () => {
  const made = await place();
  const server = await connect(made);
  const { action_id: id } = await server.call('run_command', { command: 'rm -rf data' });
  expect((await cli(made, ['deny', String(id), '--reason', 'we need that'])).code).toBe(0);
  const answer = await server.call('wait_for_approval', { action_id: id });
  expect(answer.result).toMatchObject({
    report: { outcome: 'denied', error: { code: 'approval_denied', message: 'we need that' } },
  });
  expect(existsSync(join(made.root, 'data', 'a.csv'))).toBe(true);
  expect((await asPerson(made, ['approve', String(id)])).code).toBe(3);
  await server.close();
});

test('an approval outlives the server it was asked from', async () => {
  const made = await place();
  const first = await connect(made);
  const { action_id: id } = await first.call('run_command', { command: 'rm -rf data' });
  await first.close();
  expect((await asPerson(made, ['approve', String(id)])).code).toBe(0);
  const second = await connect(made);
  const answer = await second.call('wait_for_approval', { action_id: id });
  expect(answer.result).toMatchObject({ report: { outcome: 'succeeded' } });
  await second.close();
});

test('an agent cannot approve: not by a wrong passphrase, not through a command, not by a tool', async () => {
  const made = await place();
  const server = await connect(made);
  const { action_id: id } = await server.call('run_command', { command: 'rm -rf data' });
  const guess = await cli(made, ['approve', String(id), '--passphrase-stdin'], 'wrong guess\n');
  expect([guess.code, guess.stderr]).toEqual([3, expect.stringContaining('wrong_passphrase')]);
  expect((await cli(made, ['approve', String(id)])).stderr).toContain('terminal_required');
  const through = await server.call('run_command', { command: `homeostat approve ${String(id)}` });
  expect(through.outcome).toBe('held');
  const { tools } = await server.client.listTools();
  expect(tools.filter((t) => /approve|grant|confirm|release|trust/.test(t.name))).toEqual([]);
  const records = await server.call('query_audit', { text: 'approver.wrong_passphrase' });
  expect(records.result?.['records']).toHaveLength(1);
  await server.close();
});

test('without an approver nothing can be approved, and the answer says how to become one', async () => {
  const made = directly(scratch());
  const server = await connect(made);
  const { action_id: id } = await server.call('run_command', { command: 'rm -rf data' });
  const refused = await asPerson(made, ['approve', String(id)]);
  expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('homeostat init')]);
  expect((await cli(made, ['deny', String(id)])).code).toBe(0);
  await server.close();
});
