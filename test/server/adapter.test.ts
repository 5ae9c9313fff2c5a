import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { ListRootsRequestSchema, LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { expect, test } from 'vitest';
import { VERSION } from '../../src/app.ts';
import { connectMcp } from '../../src/server/mcp/adapter.ts';
import type { Answer } from '../helpers/client.ts';
import { type TestApp, testApp } from '../helpers/app.ts';
import { needSandbox } from '../helpers/needs.ts';
import { auditOf, expectWholeChain } from '../helpers/state.ts';

interface Line {
  readonly client: Client;
  call(name: string, input?: Record<string, unknown>): Promise<Answer>;
}

async function line(
  t: TestApp,
  { card = null, roots }: { card?: string | null; roots?: string[] | null } = {},
): Promise<Line> {
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  const signal = new AbortController().signal;
  const { gateway, cards, prompts } = t.app;
  await connectMcp(
    { gateway, cards, prompts, version: VERSION, card, client: null, user: 'tester', cwd: t.root, signal },
    ours,
  );
  const client = new Client(
    { name: 'unit client/1', version: '1' },
    { capabilities: roots === undefined ? {} : { roots: { listChanged: true } } },
  );
  if (roots !== undefined) {
    client.setRequestHandler(ListRootsRequestSchema, () => {
      if (roots === null) throw new Error('no roots today');
      return { roots: roots.map((path) => ({ uri: path.includes(':') ? path : pathToFileURL(path).href })) };
    });
  }
  await client.connect(theirs);
  return {
    client,
    call: async (name, input = {}) =>
      (await client.callTool({ name, arguments: input })).structuredContent as Answer,
  };
}

test('tools are listed with schemas, titles and all four annotations', async () => {
  const t = await testApp();
  const { client } = await line(t);
  const { tools } = await client.listTools();
  for (const tool of tools) {
    expect(tool.inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
    expect(tool.outputSchema?.type).toBe('object');
    for (const hint of ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const) {
      expect(typeof tool.annotations?.[hint]).toBe('boolean');
    }
  }
  expect(client.getServerVersion()).toMatchObject({ name: 'homeostat', version: VERSION });
  expect(client.getInstructions()).toContain('dry_run');
  await t.close();
});

test('an answer is structured content that fits its schema, and its text says the same', async () => {
  const t = await testApp();
  const { client, call } = await line(t);
  await client.listTools();
  const result = await client.callTool({ name: 'write_file', arguments: { path: 'a', content: 'x' } });
  expect(result.isError).toBe(false);
  expect(JSON.parse((result.content as { text: string }[])[0]?.text ?? '')).toEqual(result.structuredContent);
  const records = await call('query_audit', { action: 'write_file', limit: 1 });
  expect(records.result).toMatchObject({ records: [{ agent: 'unit-client-1/tester' }] });
  await t.close();
});

test('a refusal is an error of the tool, never of the protocol', async () => {
  const t = await testApp();
  const { client, call } = await line(t);
  expect((await client.callTool({ name: 'write_file', arguments: { pth: 'a' } })).isError).toBe(true);
  expect((await call('write_file', { path: '/etc/x', content: '' })).error?.code).toBe('outside_roots');
  expect((await call('no_such_tool')).error?.code).toBe('unknown_tool');
  await t.close();
});

test('a method that is not there is on record like a tool that is not, and a flood of them is counted', async () => {
  const t = await testApp({ config: 'limits: { queries_per_minute: 20 }\n' });
  const { client } = await line(t);
  const { ResultSchema } = await import('@modelcontextprotocol/sdk/types.js');
  // Shaped like a token of GitHub's.
  const token = `ghp_${'Ab1'.repeat(12)}`;
  // Named like a tool it is no call of that tool.
  const methods = ['approvals/approve', 'write_file', ...Array.from({ length: 60 }, (_, n) => `tools/${n}`)];
  const params = { path: 'x', content: token };
  for (const method of methods)
    await expect(client.request({ method, params }, ResultSchema)).rejects.toThrow('Method not found');
  expect(existsSync(join(t.root, 'x'))).toBe(false);
  await t.close();
  const lines = auditOf(t).filter(({ event }) => event === 'action.refused');
  expect(lines).toHaveLength(21);
  expect(lines[0]).toMatchObject({
    agent: 'unit-client-1/tester',
    action: 'unknown',
    parameters: { method: 'approvals/approve' },
    result: 'denied',
    error: 'unknown_tool',
  });
  expect(lines.at(-1)).toMatchObject({ error: 'rate_limited' });
  expect(JSON.stringify(lines)).not.toContain(token);
  expectWholeChain(t);
});

test('what is held is no error, and says what a person does', async () => {
  const t = await testApp();
  const { client } = await line(t);
  const result = await client.callTool({ name: 'run_command', arguments: { command: 'touch .mcp.json' } });
  expect(result.isError).toBe(false);
  const answer = result.structuredContent as Answer;
  expect(answer).toMatchObject({ outcome: 'held', error: { code: 'approval_required' } });
  expect(answer.error?.next).toContain(`homeostat approve ${answer.action_id ?? '?'}`);
  await t.close();
});

test('a card narrows what is listed and what is done', async () => {
  const t = await testApp();
  const [name, card] = [...t.app.cards()][0] ?? ['', null];
  const { client, call } = await line(t, { card: name });
  const names = (await client.listTools()).tools.map((tool) => tool.name);
  expect(names.toSorted()).toEqual([...(card?.tools ?? [])].toSorted());
  const other = t.app.gateway.tools().find((tool) => !names.includes(tool.name));
  expect((await call(other?.name ?? '', {})).error?.code).toMatch(/tool_not_on_card|invalid_input/);
  await t.close();
});

test('prompts are the cards and the playbooks; a card’s goal is needed', async () => {
  const t = await testApp();
  const { client } = await line(t);
  const { prompts } = await client.listPrompts();
  const names = [...t.app.cards().keys(), ...t.app.prompts.playbooks().keys()];
  expect(prompts.map((p) => p.name)).toEqual(names);
  const [first] = prompts;
  const prompt = await client.getPrompt({
    name: first?.name ?? '',
    arguments: { goal: 'find the bug $& {{goal}}' },
  });
  expect(JSON.stringify(prompt.messages)).toContain('find the bug $& {{goal}}');
  await expect(client.getPrompt({ name: first?.name ?? '' })).rejects.toThrow('goal');
  await expect(client.getPrompt({ name: 'nobody', arguments: { goal: 'x' } })).rejects.toThrow('nobody');
  await t.close();
});

test('folders that the client announces narrow, are asked for again when they change, and never widen', async () => {
  const t = await testApp();
  for (const folder of ['one', 'two']) mkdirSync(join(t.root, folder));
  const roots = [join(t.root, 'one')];
  const { client, call } = await line(t, { roots });
  expect((await call('get_status')).result?.['roots']).toEqual([join(t.root, 'one')]);
  roots[0] = join(t.root, 'two');
  await client.sendRootsListChanged();
  expect((await call('get_status')).result?.['roots']).toEqual([join(t.root, 'two')]);
  roots[0] = '/etc';
  await client.sendRootsListChanged();
  expect((await call('get_status')).error?.code).toBe('no_root');
  roots[0] = 'https://example.com/x';
  await client.sendRootsListChanged();
  expect((await call('get_status')).result?.['roots']).toEqual([t.root]);
  await t.close();
});

test('a client that claims roots and fails to name them narrows nothing', async () => {
  const t = await testApp();
  const { call } = await line(t, { roots: null });
  expect((await call('get_status')).result?.['roots']).toEqual([t.root]);
  await t.close();
});

test('progress is told to who asked for it', async () => {
  const t = await testApp();
  const { client } = await line(t);
  const messages: string[] = [];
  needSandbox('run_command', {}, t.env);
  await client.callTool({ name: 'run_command', arguments: { command: 'echo x > y; sleep 0.3' } }, undefined, {
    onprogress: (progress) => messages.push(progress.message ?? ''),
  });
  expect(messages.join('\n')).toContain('running in the sandbox');
  await t.close();
});

test('a call that the client cancels is ended', async () => {
  const t = await testApp();
  const { client, call } = await line(t);
  const abort = new AbortController();
  const running = client.callTool(
    { name: 'run_command', arguments: { command: 'touch started; sleep 60' } },
    undefined,
    {
      signal: abort.signal,
    },
  );
  await expect
    .poll(async () => (await call('get_status')).result?.['running_actions'], { timeout: 10_000 })
    .toBe(1);
  abort.abort();
  await expect(running).rejects.toThrow(/abort/i);
  await expect
    .poll(async () => (await call('get_status')).result?.['running_actions'], { timeout: 10_000 })
    .toBe(0);
  const { result } = await call('query_audit', { action: 'run_command', limit: 1 });
  expect(result).toMatchObject({ records: [{ event: 'action.finished', error: 'cancelled' }] });
  await t.close();
});

test('a client hears how its own calls end once it has asked for it, from that gravity on', async () => {
  const t = await testApp();
  const { client, call } = await line(t);
  const other = await line(t);
  await other.client.setLoggingLevel('debug');
  const [heard, elsewhere]: [unknown[], unknown[]] = [[], []];
  const hear = (from: Client, into: unknown[]): void =>
    from.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void into.push(params));
  hear(client, heard);
  hear(other.client, elsewhere);
  await call('write_file', { path: 'a.txt', content: 'a' });
  expect(heard).toEqual([]);
  await client.setLoggingLevel('warning');
  await call('write_file', { path: 'b.txt', content: 'b' });
  await call('write_file', { path: '../c.txt', content: 'ghp_0123456789abcdefghijklmnopqrstuvwxyz' });
  expect(heard).toMatchObject([
    {
      level: 'warning',
      logger: 'homeostat',
      data: { tool: 'write_file', outcome: 'denied', error: 'outside_roots' },
    },
  ]);
  await client.setLoggingLevel('info');
  const held = await call('write_file', { path: '.mcp.json', content: '{}' });
  expect(heard[1]).toMatchObject({ level: 'notice', data: { outcome: 'held', action_id: held.action_id } });
  expect(elsewhere).toEqual([]);
  expect(JSON.stringify(heard)).not.toMatch(/ghp_|c\.txt/);
  await t.close();
});
