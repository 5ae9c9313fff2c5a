import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { AuditRecord } from '../../src/core/records.ts';
import { type TestApp, testApp } from '../helpers/app.ts';
import { expectSettled } from '../helpers/settled.ts';

const HOUR_MS = 3_600_000;

afterEach(() => {
  vi.useRealTimers();
});

/** Sets the wall clock off by so much; time since boot goes on as it does. */
function jump(ms: number): void {
  const now = Date.now();
  vi.useFakeTimers({ toFake: ['Date'], now: now + ms });
}

async function held(): Promise<{ t: TestApp; id: string }> {
  const t = await testApp({ config: 'protected:\n  paths: [kept.txt]\napprovals:\n  expire_hours: 2\n' });
  const report = await t.act('write_file', { path: 'kept.txt', content: 'x' });
  expect(report.outcome).toBe('held');
  return { t, id: report.action_id ?? '' };
}

test.each([-3 * HOUR_MS, -24 * 365 * HOUR_MS, 3 * HOUR_MS])(
  'an approved action is not carried out once the clock has jumped by %i ms',
  async (ms) => {
    const { t, id } = await held();
    await t.approve(id);
    jump(ms);
    const waited = await t.ask('wait_for_approval', { action_id: id, wait_seconds: 0 });
    expect(waited.result).toMatchObject({
      report: { outcome: 'denied', error: { code: 'approval_expired' } },
    });
    expect(existsSync(join(t.root, 'kept.txt'))).toBe(false);
    vi.useRealTimers();
    // The clock put right again does not bring it back to life.
    const again = await t.ask('wait_for_approval', { action_id: id, wait_seconds: 0 });
    expect(again.result).toMatchObject({ report: { outcome: 'denied' } });
    await t.close();
    await expectSettled(t);
  },
);

test('nobody can approve what was asked for before the clock jumped back', async () => {
  const { t, id } = await held();
  jump(-3 * HOUR_MS);
  await expect(t.approve(id)).rejects.toMatchObject({ code: 'not_held' });
  expect(existsSync(join(t.root, 'kept.txt'))).toBe(false);
  await t.close();
});

test('the rate limit does not lock anybody out until a clock set back has caught up', async () => {
  const t = await testApp({ config: 'limits:\n  actions_per_minute: 3\n' });
  const write = async (n: number) => t.act('write_file', { path: `f${n}`, content: 'x' });
  for (const n of [1, 2, 3]) expect((await write(n)).outcome).toBe('succeeded');
  expect((await write(4)).error?.code).toBe('rate_limited');
  jump(-24 * HOUR_MS);
  // The earlier actions lie in the future now, and the limit goes on counting the later ones.
  for (const n of [5, 6, 7]) expect((await write(n)).outcome).toBe('succeeded');
  expect((await write(8)).error?.code).toBe('rate_limited');
  await t.close();
  await expectSettled(t);
});

test('an action that failed too often does not rest until a clock set back has caught up', async () => {
  const t = await testApp();
  const fail = async () => t.act('run_command', { command: 'exit 3' });
  for (let n = 0; n < 3; n++) expect((await fail()).error?.code).toBe('command_failed');
  expect((await fail()).error?.code).toBe('repeated_failure');
  jump(-24 * HOUR_MS);
  for (let n = 0; n < 3; n++) expect((await fail()).error?.code).toBe('command_failed');
  expect((await fail()).error?.code).toBe('repeated_failure');
  await t.close();
});

test('the audit verifies and pages in order of sequence across jumps', async () => {
  const t = await testApp();
  const done: string[] = [];
  for (const ms of [0, -HOUR_MS, 2 * HOUR_MS, -24 * HOUR_MS]) {
    jump(ms);
    const report = await t.act('write_file', { path: 'a.txt', content: String(ms) });
    expect(report.outcome).toBe('succeeded');
    done.push(report.action_id ?? '');
  }
  const seen: number[] = [];
  for (let before: number | undefined; before !== 1;) {
    const { result } = await t.ask('query_audit', { limit: 3, ...(before === undefined ? {} : { before }) });
    const page = (result as { records: AuditRecord['body'][] }).records.map((record) => record.seq);
    seen.push(...page);
    before = page.at(-1) ?? 1;
  }
  expect(seen.length).toBeGreaterThan(12);
  expect(seen).toEqual(Array.from({ length: seen.length }, (_, n) => seen.length - n));
  const { result } = await t.ask('list_snapshots', {});
  const listed = (result as { snapshots: { snapshot_id: string }[] }).snapshots.map((one) => one.snapshot_id);
  expect(listed.toSorted()).toEqual(done.toSorted());
  await t.close();
  await expectSettled(t);
});
