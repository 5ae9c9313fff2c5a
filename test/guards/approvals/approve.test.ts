import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ActionReport } from '../../../src/core/outcome.ts';
import { homeAt } from '../../../src/store/home.ts';
import { sha256 } from '../../../src/store/objects.ts';
import { PASSPHRASE, type TestApp, testApp } from '../../helpers/app.ts';
import { sql } from '../../helpers/sql.ts';

const proof = { passphrase: PASSPHRASE, terminal: false };

/** A file of secrets, whose deletion is asked about; the id of the held action. */
async function held(t: TestApp): Promise<string> {
  writeFileSync(join(t.root, '.env'), 'A=1\n');
  const report = await t.act('delete_file', { path: '.env', reason: 'not needed' });
  expect(report.outcome).toBe('held');
  return report.action_id ?? '';
}

async function wait(t: TestApp, id: string, seconds = 0): Promise<ActionReport> {
  const answer = await t.ask('wait_for_approval', { action_id: id, wait_seconds: seconds });
  return (answer.result as { report: ActionReport }).report;
}

test('nothing happens before a person decides, and exactly what was shown afterwards', async () => {
  const t = await testApp();
  const id = await held(t);
  expect((await wait(t, id)).outcome).toBe('held');
  expect(existsSync(join(t.root, '.env'))).toBe(true);
  await t.approve(id);
  expect((await wait(t, id)).outcome).toBe('succeeded');
  expect(existsSync(join(t.root, '.env'))).toBe(false);
  await t.close();
});

test('an approval is used once', async () => {
  const t = await testApp();
  const id = await held(t);
  await t.approve(id);
  const first = await wait(t, id);
  writeFileSync(join(t.root, '.env'), 'B=2\n');
  expect(await wait(t, id)).toEqual(first);
  expect(readFileSync(join(t.root, '.env'), 'utf8')).toBe('B=2\n');
  await expect(t.approve(id)).rejects.toMatchObject({ code: 'not_held' });
  await t.close();
});

test('two who resume at once carry it out once', async () => {
  const t = await testApp();
  const id = await held(t);
  await t.approve(id);
  const reports = await Promise.all([wait(t, id, 5), wait(t, id, 5), wait(t, id, 5)]);
  expect(reports.map((r) => r.outcome)).toEqual(['succeeded', 'succeeded', 'succeeded']);
  const { result } = await t.ask('query_audit', { action_id: id, text: 'action.committing' });
  expect((result as { records: unknown[] }).records).toHaveLength(1);
  await t.close();
});

test('an approval is bound to what was shown', async () => {
  const t = await testApp();
  const id = await held(t);
  const operator = await t.app.operator();
  await expect(operator.approve(id, 'another digest', proof)).rejects.toMatchObject({
    code: 'world_changed',
  });
  await t.approve(id);
  // Somebody exchanges the stage for another one, and the digest of what lies apart.
  const { held: folder } = homeAt(t.home);
  const [apart = ''] = readdirSync(folder);
  const kept = JSON.parse(readFileSync(join(folder, apart), 'utf8')) as object;
  const other = JSON.stringify({ ...kept, stage: { changes: [] } });
  writeFileSync(join(folder, apart), other);
  sql(
    t.home,
    'UPDATE actions SET input = ? WHERE id = ?',
    JSON.stringify({ apart, sha256: sha256(other) }),
    id,
  );
  expect((await wait(t, id)).outcome).not.toBe('succeeded');
  expect(existsSync(join(t.root, '.env'))).toBe(true);
  await t.close();
});

test('a world that changed meanwhile is asked about anew', async () => {
  const t = await testApp();
  const id = await held(t);
  await t.approve(id);
  writeFileSync(join(t.root, '.env'), 'CHANGED=1\n');
  expect((await wait(t, id)).outcome).toBe('held');
  expect(readFileSync(join(t.root, '.env'), 'utf8')).toBe('CHANGED=1\n');
  await t.approve(id);
  expect((await wait(t, id)).outcome).toBe('succeeded');
  await t.close();
});

test('a denial with its note reaches the agent', async () => {
  const t = await testApp();
  const id = await held(t);
  (await t.app.operator()).deny(id, 'we need that file');
  const report = await wait(t, id);
  expect(report).toMatchObject({
    outcome: 'denied',
    error: { code: 'approval_denied', message: 'we need that file' },
  });
  const { result } = await t.ask('list_approvals', { status: 'denied' });
  expect(result).toMatchObject({ approvals: [{ action_id: id, note: 'we need that file' }] });
  await expect(t.approve(id)).rejects.toMatchObject({ code: 'not_held' });
  await t.close();
});

test('an approval can be taken back until it is used', async () => {
  const t = await testApp();
  const id = await held(t);
  await t.approve(id);
  (await t.app.operator()).revoke(id);
  expect((await wait(t, id)).error?.code).toBe('approval_revoked');
  expect(existsSync(join(t.root, '.env'))).toBe(true);
  await t.close();
});

test('another agent cannot resume what it did not ask for', async () => {
  const t = await testApp();
  const id = await held(t);
  await t.approve(id);
  const answer = await t.ask('wait_for_approval', { action_id: id, wait_seconds: 0 }, { client: 'other' });
  expect(answer.error?.code).toBe('not_yours');
  expect(existsSync(join(t.root, '.env'))).toBe(true);
  await t.close();
});

test('no tool of any name approves', async () => {
  const t = await testApp();
  const names = t.app.gateway.tools().map((tool) => tool.name);
  expect(names.filter((name) => /approve$|grant|confirm|trust|release|enrol/.test(name))).toEqual([]);
  await t.close();
});

test.each([
  ['the wall clock has passed its end', 'expires_ms = 1'],
  ['the clock was set back to before the request', 'requested_ms = requested_ms + 3600000'],
  [
    'the machine has been up for longer',
    "uptime_deadline = substr(uptime_deadline, 1, instr(uptime_deadline, ' ')) || '1'",
  ],
])('an approval expires when %s', async (_, change) => {
  const t = await testApp();
  const id = await held(t);
  await t.approve(id);
  sql(t.home, `UPDATE approvals SET ${change}`);
  expect((await wait(t, id)).error?.code).toBe('approval_expired');
  expect(existsSync(join(t.root, '.env'))).toBe(true);
  const { result } = await t.ask('list_approvals', {});
  expect(result).toMatchObject({ approvals: [{ action_id: id, status: 'expired' }] });
  await t.close();
});

test('a request that nobody decides expires by being looked at', async () => {
  const t = await testApp();
  const id = await held(t);
  sql(t.home, 'UPDATE approvals SET expires_ms = 1');
  expect((await t.ask('get_status')).result).toMatchObject({ pending_approvals: 1 });
  expect((await t.ask('list_approvals', { status: 'pending' })).result).toEqual({ approvals: [] });
  await expect(t.approve(id)).rejects.toMatchObject({ code: 'not_held' });
  await t.close();
});

test('a deadline of another boot does not count, the wall clock still does', async () => {
  const t = await testApp();
  const id = await held(t);
  sql(t.home, "UPDATE approvals SET uptime_deadline = 'another-boot 1'");
  await t.approve(id);
  expect((await wait(t, id)).outcome).toBe('succeeded');
  await t.close();
});
