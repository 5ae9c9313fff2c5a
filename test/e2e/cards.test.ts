// What a client such as Claude Code does with cards: over the built package's own pipes, with the SDK's client.
import {
  PromptListChangedNotificationSchema,
  ResourceListChangedNotificationSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { expect, test } from 'vitest';
import { type Connected, connect } from '../helpers/client.ts';
import { scratch } from '../helpers/scratch.ts';
import { auditOf } from '../helpers/state.ts';

const textOf = (read: { contents: unknown[] }): string => (read.contents[0] as { text: string }).text;
const toolNames = async ({ client }: Connected): Promise<string[]> =>
  (await client.listTools()).tools.map(({ name }) => name);

test('a person picks a card: its prompt, from then on its tools alone, and never another card', async () => {
  const place = scratch();
  const server = await connect(place);
  const { client } = server;
  const heard: string[] = [];
  for (const [name, schema] of [
    ['tools', ToolListChangedNotificationSchema],
    ['prompts', PromptListChangedNotificationSchema],
    ['resources', ResourceListChangedNotificationSchema],
  ] as const)
    client.setNotificationHandler(schema, () => void heard.push(name));
  const before = await toolNames(server);
  expect(before).toContain('delete_file');
  const { prompts } = await client.listPrompts();
  expect(prompts.map(({ name }) => name)).toEqual([
    'bug-hunter',
    'ops',
    'orchestrator',
    'security',
    'daily-review',
    'dependency-update',
    'disk-full',
    'failed-deploy',
    'incident',
    'secret-leak',
  ]);
  const prompt = await client.getPrompt({ name: 'security', arguments: { goal: 'look {{tools}} round' } });
  expect(JSON.stringify(prompt.messages)).toContain('Goal: look {{tools}} round');
  await expect.poll(() => heard.toSorted()).toEqual(['prompts', 'resources', 'tools']);
  const after = await toolNames(server);
  expect(after).not.toContain('delete_file');
  expect(after.filter((name) => !before.includes(name))).toEqual([]);
  expect((await server.call('delete_file', { path: 'x' })).error?.code).toBe('tool_not_on_card');
  for (const name of ['ops', 'orchestrator'])
    await expect(client.getPrompt({ name, arguments: { goal: 'more' } })).rejects.toThrow('card_fixed');
  expect(await toolNames(server)).toEqual(after);
  await client.getPrompt({ name: 'incident', arguments: { what: 'web is slow' } });
  expect(await toolNames(server)).toEqual(after);
  const offered = (await client.listPrompts()).prompts.map(({ name }) => name);
  expect(offered).toContain('security');
  expect(offered).not.toContain('ops');
  await server.close();
  const events = auditOf(place).filter(({ action }) => action === 'prompts/get');
  expect(events.map(({ event, error }) => [event, error])).toEqual([
    ['card.taken', null],
    ['action.refused', 'card_fixed'],
    ['action.refused', 'card_fixed'],
    ['query', null],
  ]);
});

test('two cards fetched at once give one of them', async () => {
  const server = await connect(scratch());
  const names = ['ops', 'security', 'bug-hunter'];
  const all = await Promise.allSettled(
    names.map(async (name) => server.client.getPrompt({ name, arguments: { goal: 'x' } })),
  );
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  await server.close();
});

test('resources tell what the tools would, and nothing of what the card does not name', async () => {
  const place = scratch();
  const server = await connect(place, ['--agent', 'bug-hunter']);
  const { client } = server;
  const { resources } = await client.listResources();
  const uris = resources.map(({ uri }) => uri);
  expect(uris).toContain('homeostat://status');
  expect(uris).not.toContain('homeostat://audit/recent');
  expect(uris).not.toContain('homeostat://snapshots');
  for (const uri of ['homeostat://audit/recent', 'homeostat://snapshots'])
    await expect(client.readResource({ uri })).rejects.toThrow('tool_not_on_card');
  for (const uri of [
    'homeostat://docs/../package.json',
    'homeostat://docs/..%2Fpackage',
    'file:///etc/passwd',
    'homeostat://constructor',
    'homeostat://snapshots/../status',
  ])
    await expect(client.readResource({ uri })).rejects.toThrow('there is no');
  const status = await client.readResource({ uri: 'homeostat://status' });
  expect(JSON.parse(textOf(status))).toMatchObject({ agent: 'bug-hunter', roots: [place.root] });
  const written = await server.call('write_file', { path: 'a.txt', content: 'new\n' });
  const uri = `homeostat://snapshots/${written.action_id ?? ''}`;
  expect(textOf(await client.readResource({ uri }))).toContain('+new');
  expect(textOf(await client.readResource({ uri: 'homeostat://docs/agents' }))).toContain('# Agents');
  await server.close();
  expect(auditOf(place).filter(({ action }) => action === 'resources/read')).toHaveLength(1);
});

test('the list of resources comes in pages', async () => {
  const server = await connect(scratch());
  const first = await server.client.listResources();
  expect(first.resources).toHaveLength(10);
  const rest = await server.client.listResources({ cursor: first.nextCursor ?? '' });
  const all = [...first.resources, ...rest.resources].map(({ uri }) => uri);
  expect(new Set(all).size).toBe(all.length);
  await expect(server.client.listResources({ cursor: 'x' })).rejects.toThrow('cursor');
  await server.close();
});

test('a subscriber hears of what another server did, and of nothing afterwards', async () => {
  const place = scratch();
  const server = await connect(place);
  const heard: string[] = [];
  server.client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
    heard.push(params.uri);
  });
  await server.call('get_status');
  await server.client.subscribeResource({ uri: 'homeostat://snapshots' });
  await expect(server.client.subscribeResource({ uri: 'homeostat://docs/cli' })).rejects.toThrow('changes');
  const other = await connect(place);
  await other.call('write_file', { path: 'a.txt', content: 'x' });
  await expect.poll(() => heard, { timeout: 15_000 }).toContain('homeostat://snapshots');
  await other.close();
  await server.close();
});

test('completions are what the connection may see', async () => {
  const place = scratch();
  const server = await connect(place);
  const id = String((await server.call('write_file', { path: 'a.txt', content: 'x' })).action_id);
  const complete = async (name: string, argument: string, value = ''): Promise<string[]> =>
    (
      await server.client.complete({
        ref: { type: 'ref/prompt', name },
        argument: { name: argument, value },
      })
    ).completion.values;
  expect(await complete('incident', 'card', 'hunt')).toEqual(['bug-hunter']);
  expect(await complete('secret-leak', 'root')).toEqual([place.root]);
  expect(await complete('failed-deploy', 'action', id.slice(0, 4))).toEqual([id]);
  expect(await complete('incident', 'what')).toEqual([]);
  expect(await complete('__proto__', 'constructor')).toEqual([]);
  await server.client.getPrompt({ name: 'bug-hunter', arguments: { goal: 'x' } });
  expect(await complete('failed-deploy', 'action')).toEqual([]);
  expect(await complete('incident', 'card')).toEqual(['bug-hunter']);
  await server.close();
});

test('a card that there is none of is told to the person who wrote it, with those that there are', async () => {
  await expect(connect(scratch(), ['--agent', 'opps'])).rejects.toThrow();
});
