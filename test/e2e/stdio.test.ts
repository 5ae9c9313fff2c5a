import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect } from '../helpers/client.ts';
import { cli } from '../helpers/cli-process.ts';
import { scratch } from '../helpers/scratch.ts';

test('a client lists the tools with title, schemas and all four hints', async () => {
  const server = await connect(scratch());
  const { tools } = await server.client.listTools();
  expect(tools.map((t) => t.name)).toContain('run_command');
  for (const tool of tools) {
    expect(tool.title, tool.name).toBeTruthy();
    expect(tool.outputSchema, tool.name).toMatchObject({ type: 'object' });
    for (const hint of ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const) {
      expect(typeof tool.annotations?.[hint], `${tool.name} ${hint}`).toBe('boolean');
    }
  }
  expect(server.client.getInstructions()).toMatch(/wait_for_approval/);
  await server.close();
});

test('a command runs, a dry run changes nothing, a failed line is taken back, an undo restores', async () => {
  const place = scratch();
  const file = join(place.root, 'a.txt');
  writeFileSync(file, 'one\n');
  const server = await connect(place);

  const read = await server.call('run_command', { command: 'cat a.txt' });
  expect(read).toMatchObject({ outcome: 'succeeded', result: { exit_code: 0, stdout: 'one\n' } });

  const dry = await server.call('write_file', { path: 'a.txt', content: 'two\n', dry_run: true });
  expect(dry).toMatchObject({ outcome: 'succeeded', dry_run: true });
  expect(JSON.stringify(dry['effects'])).toContain('-one\\n+two');
  expect(readFileSync(file, 'utf8')).toBe('one\n');

  const failed = await server.call('run_command', { command: 'echo broken >> a.txt; touch new; false' });
  expect(failed).toMatchObject({
    outcome: 'failed',
    result: { exit_code: 1 },
    error: { code: 'command_failed' },
  });
  expect(readFileSync(file, 'utf8')).toBe('one\n');
  expect(existsSync(join(place.root, 'new'))).toBe(false);

  const written = await server.call('write_file', { path: 'a.txt', content: 'three\n' });
  expect(written.outcome).toBe('succeeded');
  const undone = await server.call('rollback', { id: written.snapshot_id });
  expect(undone).toMatchObject({ outcome: 'succeeded', result: { undone: written.snapshot_id } });
  expect(readFileSync(file, 'utf8')).toBe('one\n');
  await server.close();

  const verdict = await cli(place, ['audit', 'verify', '--json']);
  expect([verdict.code, JSON.parse(verdict.stdout)]).toEqual([0, expect.objectContaining({ ok: true })]);
});

test('long output is cut in the middle, and says so', async () => {
  const server = await connect(scratch());
  const { result } = await server.call('run_command', { command: 'echo first; seq 1 200000; echo last' });
  const stdout = String(result?.['stdout']);
  expect(stdout).toMatch(/^first\n1\n/);
  expect(stdout).toMatch(/199999\n200000\nlast\n$/);
  expect(stdout).toContain(`${String(result?.['omitted_bytes'])} bytes left out here`);
  expect(stdout.length).toBeLessThan(33_000);
  await server.close();
});

test('each card is a prompt with one argument, and an unknown one is an error', async () => {
  const place = scratch();
  for (const name of ['bug-hunter', 'ops', 'orchestrator', 'security']) {
    const server = await connect(place);
    await expect(server.client.getPrompt({ name: 'nobody', arguments: { goal: 'x' } })).rejects.toThrow(
      /no prompt/,
    );
    const { prompts } = await server.client.listPrompts();
    expect(prompts.find((p) => p.name === name)?.arguments).toMatchObject([{ name: 'goal', required: true }]);
    const { messages } = await server.client.getPrompt({ name, arguments: { goal: 'find the leak' } });
    expect(JSON.stringify(messages)).toContain('Goal: find the leak');
    await server.close();
  }
});

test('under a card only its tools are offered, and another is refused and put on record', async () => {
  const server = await connect(scratch(), ['--agent', 'security']);
  const { tools } = await server.client.listTools();
  const names = tools.map((t) => t.name);
  expect(names.length).toBeLessThanOrEqual(10);
  const other =
    ['delete_file', 'write_file', 'run_command', 'rollback'].find((name) => !names.includes(name)) ?? '';
  const refused = await server.call(other, { path: 'x', content: '', command: 'true', id: 'x' });
  expect(refused.error?.code).toMatch(/tool_not_on_card|invalid_input/);
  await server.close();
});

test('--read-only offers what changes nothing, and the stop', async () => {
  const server = await connect(scratch(), ['--read-only']);
  const { tools } = await server.client.listTools();
  const changing = tools.filter((t) => t.annotations?.readOnlyHint !== true).map((t) => t.name);
  expect(changing).toEqual(['emergency_stop']);
  const refused = await server.call('write_file', { path: 'x', content: 'x' });
  expect(refused).toMatchObject({ outcome: 'denied', error: { code: 'unknown_tool' } });
  await server.close();
});
