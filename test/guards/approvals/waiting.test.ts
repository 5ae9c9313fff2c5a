import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { type TestApp, testApp } from '../../helpers/app.ts';
import { sql } from '../../helpers/sql.ts';
import { auditOf } from '../../helpers/state.ts';

async function place(config: string): Promise<TestApp> {
  const t = await testApp({ config: `autonomy: safe\n${config}` });
  for (let n = 0; n < 6; n++) writeFileSync(join(t.root, `${n}.csv`), `${n}\n`);
  return t;
}

test('what waits already is not put to a person again, and one agent can have only so much waiting', async () => {
  const t = await place('limits: { held_actions: 3 }\n');
  const first = await t.act('run_command', { command: 'rm 0.csv', reason: 'one reason' });
  const again = await t.act('run_command', { command: 'rm 0.csv', reason: 'another reason' });
  expect(again).toMatchObject({ outcome: 'denied', error: { code: 'already_held' } });
  expect(again.error?.next).toContain(String(first.action_id));
  expect((await t.act('run_command', { command: 'rm 0.csv' }, { client: 'other' })).outcome).toBe('held');
  await t.act('run_command', { command: 'rm 1.csv' });
  await t.act('run_command', { command: 'rm 2.csv' });
  expect(await t.act('run_command', { command: 'rm 3.csv' })).toMatchObject({
    outcome: 'denied',
    error: { code: 'too_many_held' },
  });
  expect((await t.act('run_command', { command: 'ls' })).outcome).toBe('succeeded');
  const operator = await t.app.operator();
  operator.deny(String(first.action_id), 'no');
  expect((await t.act('run_command', { command: 'rm 3.csv' })).outcome).toBe('held');
  await t.close();
});

test('where a person must decide in any case, one too many is refused before anything is staged or intended', async () => {
  const steps: string[] = [];
  const config = 'limits: { held_actions: 1 }\n';
  const t = await testApp({ config, trace: (step) => steps.push(step) });
  const write = async (content: string) => t.act('write_file', { path: '.mcp.json', content });
  expect((await write('{}')).outcome).toBe('held');
  steps.length = 0;
  const refused = await write('{ }');
  expect(refused).toMatchObject({ outcome: 'denied', action_id: null, error: { code: 'too_many_held' } });
  expect(steps).toEqual([]);
  const lines = auditOf(t).filter(({ seq }) => refused.audit.includes(seq));
  expect(lines.map(({ event }) => event)).toEqual(['action.refused']);
  // A dry run, and what needs nobody, go on.
  expect((await t.act('write_file', { path: '.mcp.json', content: '', dry_run: true })).outcome).toBe(
    'succeeded',
  );
  expect((await t.act('write_file', { path: 'plain', content: '' })).outcome).toBe('succeeded');
  await t.close();
});

test('a person hears of the first that waits, and of those right after it not one by one', async () => {
  const t = await place(
    'approvals: { notify: "echo $HOMEOSTAT_ACTION $HOMEOSTAT_WAITING >> $HOMEOSTAT_HOME/heard" }\n',
  );
  const heard = join(t.home, 'heard');
  vi.stubEnv('HOMEOSTAT_HOME', t.home);
  const ids: string[] = [];
  for (let n = 0; n < 4; n++)
    ids.push(String((await t.act('run_command', { command: `rm ${n}.csv` })).action_id));
  await vi.waitFor(() => expect(existsSync(heard)).toBe(true), 10_000);
  expect(readFileSync(heard, 'utf8')).toBe(`${ids[0]} 1\n`);
  vi.unstubAllEnvs();
  await t.close();
});

test('a person who would be told later is not, once the state is closed', async () => {
  const t = await place('approvals: { notify: "true" }\n');
  const failed: unknown[] = [];
  const hear = (error: unknown): unknown => failed.push(error);
  process.on('uncaughtException', hear);
  expect((await t.act('run_command', { command: 'rm 0.csv' })).outcome).toBe('held');
  sql(t.home, `UPDATE settings SET value = ? WHERE key = 'notified_ms'`, String(Date.now() - 59_000));
  expect((await t.act('run_command', { command: 'rm 1.csv' })).outcome).toBe('held');
  await t.close();
  await sleep(1100);
  process.off('uncaughtException', hear);
  expect(failed).toEqual([]);
});

test('a webhook hears what waits, without secrets and without what files hold; its failure is on record', async () => {
  const heard: unknown[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      heard.push(JSON.parse(body));
      response.writeHead(status, { location: 'http://127.0.0.1:9/elsewhere' }).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const t = await place(`approvals: { webhook: "http://127.0.0.1:${port}/held" }\n`);
  const { action_id: id } = await t.act('run_command', {
    command: 'rm 0.csv; echo password=hunter2hunter2',
  });
  await vi.waitFor(() => expect(heard).toHaveLength(1), 10_000);
  expect(heard[0]).toMatchObject({ action_id: id, tool: 'run_command', agent: 'test/tester', waiting: 1 });
  expect(JSON.stringify(heard[0])).not.toContain('hunter2');
  await t.close();

  status = 302;
  const other = await place(`approvals: { webhook: "http://127.0.0.1:${port}/held" }\n`);
  await other.act('run_command', { command: 'rm 0.csv' });
  await vi.waitFor(async () => {
    const { result } = await other.ask('query_audit', { text: 'notify.failed', limit: 200 });
    const { records } = result as { records: { event: string }[] };
    expect(records.filter(({ event }) => event === 'notify.failed')).toHaveLength(1);
  }, 10_000);
  await other.close();
  server.close();
});

test('what was approved under another policy is asked about anew', async () => {
  const t = await place('');
  const { action_id: id } = await t.act('run_command', { command: 'rm 0.csv' });
  await t.approve(String(id));
  await t.app.gateway.close();
  writeFileSync(t.configFile, 'autonomy: safe\nprotected: { paths: ["other/**"] }\n');
  const later = await testApp({ on: t });
  const { result } = await later.ask('wait_for_approval', { action_id: id, wait_seconds: 0.2 });
  expect(result).toMatchObject({ report: { outcome: 'held' } });
  expect(existsSync(join(t.root, '0.csv'))).toBe(true);
  await later.approve(String(id));
  const { result: done } = await later.ask('wait_for_approval', { action_id: id });
  expect(done).toMatchObject({ report: { outcome: 'succeeded' } });
  await later.close();
});

test('digests are this state’s own: the same request has another one elsewhere', async () => {
  const [one, two] = [await place(''), await place('')];
  const digests = await Promise.all(
    [one, two].map(async (t) => {
      const { action_id: id } = await t.act('write_file', { path: '.env', content: 'PIN=1234\n' });
      return (await t.app.operator()).show(String(id)).digest;
    }),
  );
  expect(digests[0]).not.toBe(digests[1]);
  await one.close();
  await two.close();
});
