// An agent that asks until a person is tired of reading.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Answer } from '../../src/core/principal.ts';
import { sharedApp } from '../helpers/attack.ts';
import { auditOf } from '../helpers/state.ts';

const HELD = 4;
const t = sharedApp(`
limits: { actions_per_minute: 100000, held_actions: ${HELD} }
approvals: { require: terminal, notify: 'echo >> "$HEARD"', ask_in: [editor] }
`);

const ask = async (tool: string, input: object, client: string): Promise<string> => {
  const { outcome, error } = await t.act(tool, input, { client });
  return outcome === 'held' ? 'held' : (error?.code ?? outcome);
};
const count = (outcomes: string[]): Record<string, number> =>
  Object.fromEntries(
    [...new Set(outcomes)].map((one) => [one, outcomes.filter((other) => other === one).length]),
  );
const denyAll = async (): Promise<void> => {
  const person = await t.app.operator();
  const { result } = await t.ask('list_approvals', { status: 'pending', limit: 200 });
  for (const { action_id: id } of (result as { approvals: { action_id: string }[] }).approvals)
    person.deny(id, 'no');
};

const FLOODS: readonly [string, string, (n: number) => object][] = [
  ['the same again and again', 'write_file', () => ({ path: '.mcp.json', content: '{}' })],
  [
    'for another reason each time',
    'write_file',
    (n) => ({ path: '.mcp.json', content: '{}', reason: `${n}` }),
  ],
  ['with another content each time', 'write_file', (n) => ({ path: '.mcp.json', content: `${n}` })],
  ['each time another file', 'write_file', (n) => ({ path: `sub${n}/.mcp.json`, content: '{}' })],
  ['with another comment each time', 'run_command', (n) => ({ command: `touch .mcp.json # ${n}` })],
];

test.each(FLOODS)('one agent has only so much put to a person, %s', async (_, tool, input) => {
  const outcomes: string[] = [];
  for (let n = 0; n < 4 * HELD; n++) outcomes.push(await ask(tool, input(n), 'one'));
  const { held = 0, ...others } = count(outcomes);
  expect(held).toBeGreaterThan(0);
  expect(held).toBeLessThanOrEqual(HELD);
  expect(['already_held', 'too_many_held']).toEqual(expect.arrayContaining(Object.keys(others)));
  expect((await t.ask('get_status')).result).toMatchObject({ pending_approvals: held });
  await denyAll();
});

test('nor have many agents, which one may be under many names', async () => {
  const outcomes: string[] = [];
  for (let n = 0; n < 100; n++)
    outcomes.push(await ask('write_file', { path: '.mcp.json', content: `${n}` }, `name-${n % 20}`));
  expect(count(outcomes)).toEqual({ held: 5 * HELD, too_many_held: 100 - 5 * HELD });
  // Each that waits is on record; of those that were refused the first ones and, after their minute, a count.
  const lines = auditOf(t).filter(({ agent }) => agent.startsWith('name-'));
  expect(lines.filter(({ event }) => event === 'action.held')).toHaveLength(5 * HELD);
  expect(lines.some(({ error }) => error === 'too_many_held')).toBe(true);
  // What needs no person goes on.
  expect(await ask('write_file', { path: 'plain', content: '' }, 'name-1')).toBe('succeeded');
  await denyAll();
});

test('what a person has refused three times is not put to them a fourth time', async () => {
  const person = await t.app.operator();
  for (let n = 0; n < 3; n++) {
    const { action_id: id } = await t.act(
      'run_command',
      { command: 'touch .cursor.json .mcp.json', reason: `${n}` },
      { client: 'two' },
    );
    person.deny(id ?? '', 'we need no such file');
  }
  const fourth = await t.act(
    'run_command',
    { command: 'touch .cursor.json .mcp.json', reason: 'please' },
    { client: 'two' },
  );
  expect(fourth).toMatchObject({ outcome: 'denied', error: { code: 'repeated_failure' } });
  expect(fourth.error?.message).toContain('we need no such file');
  expect(auditOf(t).at(-1)).toMatchObject({ event: 'action.refused', error: 'repeated_failure' });
});

test('a person is told of all of it once', async () => {
  const heard = join(t.base, 'heard');
  writeFileSync(heard, '');
  process.env['HEARD'] = heard;
  for (let n = 0; n < HELD; n++) await ask('write_file', { path: '.mcp.json', content: `${n}` }, 'three');
  delete process.env['HEARD'];
  await denyAll();
  expect(readFileSync(heard, 'utf8').length).toBeLessThanOrEqual(1);
});

test('a form that is answered with no is not shown again and again', async () => {
  writeFileSync(join(t.root, '.env'), 'A=1\n');
  let asked = 0;
  const connection = {
    principal: { client: 'editor', card: null, user: 'tester' },
    cwd: t.root,
    announced: null,
    signal: new AbortController().signal,
    ask: async (): Promise<Answer> => {
      asked++;
      return Promise.resolve({ said: 'deny', reason: 'no' });
    },
  };
  for (let n = 0; n < 30; n++)
    await t.app.gateway.call('write_file', { path: '.env', content: `A=${n}\n` }, connection);
  expect(asked).toBe(3);
  // It waits for the terminal instead, as far as it may.
  expect((await t.ask('get_status')).result).toMatchObject({ pending_approvals: HELD });
  await denyAll();
});
