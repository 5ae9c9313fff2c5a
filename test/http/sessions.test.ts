import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { INITIALIZE, type HttpLine, type Web, ask, begun, line, web } from '../helpers/http.ts';
import { actionsOf, auditOf, expectSettled } from '../helpers/state.ts';

const rpc = (method: string, params: object = {}, id = 2): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });
const callOf = (name: string, input: object, id = 2): string =>
  rpc('tools/call', { name, arguments: input }, id);

const headersOf = (token: string, session?: string, more = {}): Record<string, string> => ({
  authorization: `Bearer ${token}`,
  ...(session === undefined ? {} : { 'mcp-session-id': session }),
  ...more,
});

interface Stream {
  /** Its status, once there is one. */
  readonly status: Promise<number>;
  said(): string;
  close(): void;
}

/** An answer that is read as it comes. */
function stream(port: number, method: string, headers: Record<string, string>, body = ''): Stream {
  let said = '';
  let resolve: (status: number) => void = () => undefined;
  const status = new Promise<number>((known) => (resolve = known));
  const all = {
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    ...headers,
  };
  const sent = request(
    { port, host: '127.0.0.1', method, path: '/mcp', headers: all, agent: false },
    (res) => {
      resolve(res.statusCode ?? 0);
      res.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
      res.on('error', () => undefined);
    },
  );
  sent.on('error', () => resolve(0));
  sent.end(body);
  return { status, said: () => said, close: () => sent.destroy() };
}

async function until(what: () => boolean): Promise<void> {
  while (!what()) await sleep(10);
}

test('many clients at once act each as its own principal, and the record says who did what', async () => {
  const t = await web({ config: 'limits:\n  concurrent_actions: 30\n' });
  const names = ['a', 'b', 'c', 'd', 'e'];
  const lines: HttpLine[] = [];
  for (const name of names) lines.push(await line(t.url, await t.token({ name, card: null, scope: 'mcp' })));
  const answers = await Promise.all(
    lines.flatMap((one, n) =>
      [0, 1, 2].map(async (k) =>
        one.call('write_file', { path: `${names[n]}-${k}.txt`, content: names[n] ?? '' }),
      ),
    ),
  );
  expect(answers.map(({ outcome }) => outcome)).toEqual(Array(15).fill('succeeded'));
  const done = auditOf(t).filter(({ event }) => event === 'action.finished');
  for (const name of names)
    expect(done.filter(({ agent }) => agent === `token:${name}/tester`)).toHaveLength(3);
  for (const one of lines) await one.close();
  expectSettled(t);
  await t.close();
});

test('rates are counted by token, over all of its sessions', async () => {
  const t = await web({ config: 'limits:\n  queries_per_minute: 5\n' });
  const [one, two] = [await line(t.url, t.tokens.alice), await line(t.url, t.tokens.alice)];
  const bob = await line(t.url, await t.token({ name: 'carol', card: null, scope: 'mcp' }));
  const codes = [];
  for (const from of [one, two, one, two, one, two, one])
    codes.push((await from.call('list_files', {})).error?.code ?? null);
  expect(codes).toEqual([null, null, null, null, null, 'rate_limited', 'rate_limited']);
  expect((await bob.call('list_files', {})).outcome).toBe('succeeded');
  for (const each of [one, two, bob]) await each.close();
  await t.close();
});

test('a person at the client is asked on the stream of the call, and their word lets it happen', async () => {
  const t = await web({ config: 'autonomy: safe\napprovals:\n  ask_in: ["token:alice"]\n' });
  const asked: string[] = [];
  const form = (message: string): { action: 'accept'; content: Record<string, string> } => {
    asked.push(message);
    return { action: 'accept', content: { decision: asked.length === 1 ? 'approve' : 'deny', reason: 'no' } };
  };
  const alice = await line(t.url, t.tokens.alice, { form });
  const files = ['a.csv', 'b.csv', 'c.csv'];
  for (const name of files) writeFileSync(join(t.root, name), '1,2\n');
  const [first, second, third] = files.map((path) => ({ path }));
  const outcomes = [];
  for (const input of [first, second]) outcomes.push((await alice.call('delete_file', input)).outcome);
  expect(outcomes).toEqual(['succeeded', 'denied']);
  expect(asked).toHaveLength(2);
  // The client of another token, whatever it calls itself, is not enrolled.
  const carol = await line(t.url, await t.token({ name: 'carol', card: null, scope: 'mcp' }), { form });
  expect((await carol.call('delete_file', third)).outcome).toBe('held');
  expect(asked).toHaveLength(2);
  for (const one of [alice, carol]) await one.close();
  await t.close();
});

test('what was missed while a connection was broken is sent again, to its own session alone', async () => {
  const t = await web();
  const { port } = t.server;
  const initialize = INITIALIZE.replace('2025-06-18', '2025-11-25');
  const begin = async (token: string): Promise<string> =>
    String((await ask(port, { headers: headersOf(token), body: initialize })).headers['mcp-session-id']);
  const [mine, other] = [await begin(t.tokens.alice), await begin(t.tokens.alice)];
  const version = { 'mcp-protocol-version': '2025-11-25' };
  const call = stream(port, 'POST', headersOf(t.tokens.alice, mine, version), callOf('get_status', {}));
  await until(() => /^id: \d+$/m.test(call.said()));
  const first = /^id: (\d+)$/m.exec(call.said())?.[1] ?? '';
  call.close();
  const resume = async (session: string, last: string): Promise<Stream> => {
    const again = stream(
      port,
      'GET',
      headersOf(t.tokens.alice, session, { ...version, 'last-event-id': last }),
    );
    await again.status;
    return again;
  };
  const again = await resume(mine, first);
  await until(() => again.said().includes('"audit_records"'));
  again.close();
  // An event of one session is none of another, and one that never was is none.
  expect(await (await resume(other, '999')).status).toBe(400);
  const bobs = await begun(port, t.tokens.bob);
  const strange = stream(port, 'GET', headersOf(t.tokens.bob, bobs, { ...version, 'last-event-id': first }));
  await strange.status;
  await sleep(100);
  expect(strange.said()).not.toContain('audit_records');
  strange.close();
  await t.close();
});

test('a session has one stream for itself, which ends with it', async () => {
  const t = await web();
  const { port } = t.server;
  const id = await begun(port, t.tokens.alice);
  const own = stream(port, 'GET', headersOf(t.tokens.alice, id));
  expect(await own.status).toBe(200);
  const second = stream(port, 'GET', headersOf(t.tokens.alice, id));
  expect(await second.status).toBe(409);
  const ended = await ask(port, { method: 'DELETE', headers: headersOf(t.tokens.alice, id) });
  expect(ended.status).toBe(200);
  for (const method of ['GET', 'POST', 'DELETE']) {
    const after = await ask(port, {
      method,
      headers: headersOf(t.tokens.alice, id),
      body: method === 'POST' ? rpc('ping') : '',
    });
    expect(after.status).toBe(404);
  }
  own.close();
  await t.close();
});

test('the emergency stop reaches what runs over HTTP, and is pulled over it', async () => {
  const t = await web();
  const alice = await line(t.url, t.tokens.alice);
  const other = await line(t.url, await t.token({ name: 'carol', card: null, scope: 'mcp' }));
  const sleeping = alice.call('run_command', { command: 'sleep 30', sandbox: 'none' });
  const held = await sleeping;
  expect(held.outcome).toBe('held');
  await t.approve(held.action_id ?? '');
  const running = alice.call('wait_for_approval', { action_id: held.action_id, wait_seconds: 30 });
  await until(() => actionsOf(t).some(({ phase }) => phase === 'reaching' || phase === 'committing'));
  expect((await other.call('emergency_stop', {})).outcome).toBe('succeeded');
  expect(JSON.stringify(await running)).toContain('emergency_stopped');
  expect((await alice.call('write_file', { path: 'a', content: '' })).error?.code).toBe('emergency_stopped');
  for (const one of [alice, other]) await one.close();
  await t.close();
});

test('a token that is taken back ends its sessions, and what runs in them', async () => {
  const t = await web();
  const { port } = t.server;
  const id = await begun(port, t.tokens.alice);
  const own = stream(port, 'GET', headersOf(t.tokens.alice, id));
  expect(await own.status).toBe(200);
  expect((await t.app.operator()).tokens().map(({ name }) => name)).toEqual(['alice', 'bob', 'prometheus']);
  (await t.app.operator()).revokeToken('alice');
  const bobs = await begun(port, t.tokens.bob);
  const closed = new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (own.said() !== '' || t.server.sessions() > 1) return;
      clearInterval(timer);
      resolve();
    }, 20);
  });
  await closed;
  const still = await ask(port, { headers: headersOf(t.tokens.bob, bobs), body: rpc('ping') });
  expect(still.status).toBe(200);
  await t.close();
});

test('sessions are few, and nobody pushes out another’s', async () => {
  const t: Web = await web({ limits: { sessionsOfToken: 3, sessions: 4 } });
  const { port } = t.server;
  const pinged = async (token: string, id: string): Promise<number> =>
    (await ask(port, { headers: headersOf(token, id), body: rpc('ping') })).status;
  const kept = await begun(port, t.tokens.bob);
  const ids = [];
  for (let n = 0; n < 5; n++) ids.push(await begun(port, t.tokens.alice));
  // The oldest of its own made room.
  expect(t.server.sessions()).toBe(4);
  expect(await pinged(t.tokens.alice, ids[0] ?? '')).toBe(404);
  expect(await pinged(t.tokens.alice, ids[4] ?? '')).toBe(200);
  expect(await pinged(t.tokens.bob, kept)).toBe(200);
  // One that is in use makes room for nobody.
  const carol = await t.token({ name: 'carol', card: null, scope: 'mcp' });
  const none = await ask(port, { headers: headersOf(carol), body: INITIALIZE });
  expect(none.status).toBe(503);
  await t.close();
});

test('a session that nothing is heard of ends', async () => {
  const t = await web({ limits: { idleMs: 200 } });
  const { port } = t.server;
  const id = await begun(port, t.tokens.alice);
  await until(() => t.server.sessions() === 0);
  const after = await ask(port, { headers: headersOf(t.tokens.alice, id), body: rpc('ping') });
  expect(after.status).toBe(404);
  await t.close();
});

test('one token has so many answers open, and a session so many calls; more are told to come again', async () => {
  const t = await web({ limits: { requestsOfToken: 4, callsOfSession: 2 } });
  const { port } = t.server;
  const ids = [await begun(port, t.tokens.alice), await begun(port, t.tokens.alice)];
  const [first = '', second = ''] = ids;
  const held = await t.act('run_command', { command: 'touch .mcp.json' }, { client: 'token:alice' });
  const waiting = callOf('wait_for_approval', { action_id: held.action_id, wait_seconds: 20 });
  const calls = [0, 1].map(() => stream(port, 'POST', headersOf(t.tokens.alice, first), waiting));
  await until(() => calls.every((call) => call.said() !== '') || t.server.sessions() === 2);
  await sleep(200);
  const busy = await ask(port, { headers: headersOf(t.tokens.alice, first), body: callOf('get_status', {}) });
  expect(busy.status).toBe(429);
  expect(busy.headers['retry-after']).toBe('1');
  const streams = [first, second].map((id) => stream(port, 'GET', headersOf(t.tokens.alice, id)));
  expect(await Promise.all(streams.map(async ({ status }) => status))).toEqual([200, 200]);
  const more = await ask(port, { headers: headersOf(t.tokens.alice, second), body: rpc('ping') });
  expect(more.status).toBe(429);
  // Others are served meanwhile.
  expect(await begun(port, t.tokens.bob)).toMatch(/^[\w-]{36}$/);
  for (const one of [...calls, ...streams]) one.close();
  await t.close();
});
