import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openApp } from '../../../src/app.ts';
import { PASSPHRASE, type TestApp, testApp } from '../../helpers/app.ts';
import { scratch } from '../../helpers/scratch.ts';
import { sql } from '../../helpers/sql.ts';

async function held(t: TestApp): Promise<string> {
  writeFileSync(join(t.root, '.env'), 'A=1\n');
  return (await t.act('delete_file', { path: '.env' })).action_id ?? '';
}

async function tryApprove(
  t: TestApp,
  id: string,
  proof: { passphrase?: string; terminal: boolean },
): Promise<void> {
  const operator = await t.app.operator();
  await operator.approve(id, operator.show(id).digest, proof);
}

test('a wrong passphrase is refused and on record, without itself', async () => {
  const t = await testApp();
  const id = await held(t);
  await expect(tryApprove(t, id, { passphrase: 'not the right one', terminal: true })).rejects.toMatchObject({
    code: 'wrong_passphrase',
  });
  const { result } = await t.ask('query_audit', { text: 'wrong_passphrase' });
  expect(result).toMatchObject({
    records: [{ event: 'approver.wrong_passphrase', action: `approve ${id}` }],
  });
  expect(JSON.stringify(result)).not.toContain('not the right one');
  await t.close();
});

test('after five wrong ones even the right one waits, until a minute has passed', async () => {
  const t = await testApp();
  const id = await held(t);
  for (let i = 0; i < 5; i++) {
    await expect(tryApprove(t, id, { passphrase: `wrong ${i}`, terminal: false })).rejects.toThrow(
      'is wrong',
    );
  }
  const right = { passphrase: PASSPHRASE, terminal: false };
  await expect(tryApprove(t, id, right)).rejects.toThrow('wait a minute');
  const old = JSON.stringify(Array.from({ length: 6 }, () => Date.now() - 61_000));
  sql(t.home, "UPDATE settings SET value = ? WHERE key = 'approver_failures'", old);
  await tryApprove(t, id, right);
  await t.close();
});

test('guesses side by side are counted like guesses in a row', async () => {
  const t = await testApp();
  const id = await held(t);
  const guesses = Array.from({ length: 12 }, async (_, i) =>
    tryApprove(t, id, { passphrase: `wrong ${i}`, terminal: false }).catch((error: Error) => error.message),
  );
  const checked = (await Promise.all(guesses)).filter((message) => String(message).includes('is wrong'));
  expect(checked).toHaveLength(5);
  await t.close();
});

test('a terminal alone is enough only where the configuration says so', async () => {
  const strict = await testApp();
  await expect(tryApprove(strict, await held(strict), { terminal: true })).rejects.toMatchObject({
    code: 'terminal_required',
  });
  await strict.close();
  const weaker = await testApp({ config: 'approvals: { require: terminal }\n' });
  const id = await held(weaker);
  await expect(tryApprove(weaker, id, { terminal: false })).rejects.toMatchObject({
    code: 'terminal_required',
  });
  await tryApprove(weaker, id, { terminal: true });
  await weaker.close();
});

test('with no approver enrolled a person can only deny', async () => {
  const place = scratch();
  const app = openApp({ env: place.env });
  const t = await testApp({ on: place });
  const id = await held(t);
  const operator = await t.app.operator();
  expect(operator.enrolled()).toBe(false);
  await expect(tryApprove(t, id, { passphrase: PASSPHRASE, terminal: true })).rejects.toMatchObject({
    code: 'approver_missing',
  });
  operator.deny(id, 'no');
  await expect(operator.release({ terminal: true })).rejects.toMatchObject({ code: 'approver_missing' });
  await app.gateway.close();
  await t.close();
});

test('a new passphrase needs the old one, and some length', async () => {
  const t = await testApp();
  const operator = await t.app.operator();
  await expect(operator.enrol('another passphrase', null)).rejects.toMatchObject({
    code: 'terminal_required',
  });
  await expect(operator.enrol('short', null)).rejects.toMatchObject({ code: 'invalid_input' });
  await operator.enrol('another passphrase', { passphrase: PASSPHRASE, terminal: false });
  await expect(operator.confirm('x', { passphrase: PASSPHRASE, terminal: false })).rejects.toMatchObject({
    code: 'wrong_passphrase',
  });
  await operator.confirm('x', { passphrase: 'another passphrase', terminal: false });
  await t.close();
});

test('what a person is shown cannot hide or move a part of it', async () => {
  const t = await testApp();
  const report = await t.act('run_command', {
    command: 'touch .mcp.json; echo src\u001b[2K\rls\u202e',
    reason: 'harmless\nrisk       SAFE',
  });
  const { text } = (await t.app.operator()).show(report.action_id ?? '');
  expect(text).not.toMatch(/[\u001b\r\u202e]/);
  expect(text).toContain('because    harmless\\u{a}risk');
  await t.close();
});

test('releasing the stop needs the passphrase, pulling it needs none', async () => {
  const t = await testApp();
  expect((await t.act('emergency_stop', { reason: 'enough' })).outcome).toBe('succeeded');
  expect((await t.act('write_file', { path: 'a', content: 'x' })).error?.code).toBe('emergency_stopped');
  const operator = await t.app.operator();
  await expect(operator.release({ passphrase: 'wrong wrong', terminal: false })).rejects.toMatchObject({
    code: 'wrong_passphrase',
  });
  await operator.release({ passphrase: PASSPHRASE, terminal: false });
  expect((await t.act('write_file', { path: 'a', content: 'x' })).outcome).toBe('succeeded');
  await t.close();
});
