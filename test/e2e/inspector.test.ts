import { execa } from 'execa';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/app.ts';
import { TOOLS } from '../../src/tools/index.ts';
import { type Answer, BIN } from '../helpers/client.ts';
import { type Scratch, scratch } from '../helpers/scratch.ts';

const FOLDER = join(PACKAGE_ROOT, 'test', 'inspector');
const INSPECTOR = join(FOLDER, 'node_modules', '@modelcontextprotocol', 'inspector-cli', 'build', 'cli.js');

beforeAll(async () => {
  if (!existsSync(INSPECTOR)) await execa('npm', ['ci'], { cwd: FOLDER });
}, 300_000);

/** One method asked of the server by the MCP Inspector's command line: a client that knows nothing of homeostat. */
async function inspect<T>(place: Scratch, method: string, args: string[] = []): Promise<T> {
  // It looks for a package.json one folder above the one it is started in.
  writeFileSync(join(place.base, 'package.json'), '{}');
  const server = [process.execPath, BIN, 'serve', '--stdio'];
  const { stdout } = await execa(
    process.execPath,
    [INSPECTOR, '--cli', ...server, '--method', method, ...args],
    { cwd: place.root, env: place.env },
  );
  return JSON.parse(stdout) as T;
}

interface CallResult {
  readonly content: readonly { type: string; text: string }[];
  readonly structuredContent: Answer;
  readonly isError: boolean;
}

const call = async (place: Scratch, tool: string, args: string[] = []): Promise<CallResult> =>
  inspect(place, 'tools/call', ['--tool-name', tool, ...args.flatMap((arg) => ['--tool-arg', arg])]);

test('lists the tools with their schemas', async () => {
  const { tools } = await inspect<{ tools: { name: string; inputSchema: object; outputSchema: object }[] }>(
    scratch(),
    'tools/list',
  );
  expect(tools.map((tool) => tool.name).toSorted()).toEqual(
    TOOLS.filter(({ toolset }) => toolset === 'core')
      .map((tool) => tool.name)
      .toSorted(),
  );
  for (const tool of tools) {
    expect(tool.inputSchema).toMatchObject({ type: 'object' });
    expect(tool.outputSchema).toMatchObject({ type: 'object' });
  }
}, 120_000);

test('asks for the status', async () => {
  const place = scratch();
  const { structuredContent, content, isError } = await call(place, 'get_status');
  expect(isError).toBe(false);
  expect(structuredContent).toMatchObject({
    outcome: 'succeeded',
    result: { cwd: place.root, emergency_stop: false, audit_records: 1 },
  });
  expect(JSON.parse(content[0]?.text ?? '')).toEqual(structuredContent);
}, 120_000);

test('runs a command, and is told of one that failed and was taken back', async () => {
  const place = scratch();
  const done = await call(place, 'run_command', ['command=printf made > made.txt && cat made.txt']);
  expect(done.isError).toBe(false);
  expect(done.structuredContent).toMatchObject({
    outcome: 'succeeded',
    result: { exit_code: 0, stdout: 'made' },
  });
  expect(existsSync(join(place.root, 'made.txt'))).toBe(true);
  const failed = await call(place, 'run_command', ['command=echo more >> made.txt; touch other.txt; exit 3']);
  expect(failed.isError).toBe(true);
  expect(failed.structuredContent).toMatchObject({
    result: { exit_code: 3 },
    error: { code: 'command_failed' },
  });
  expect(readFileSync(join(place.root, 'made.txt'), 'utf8')).toBe('made');
  expect(existsSync(join(place.root, 'other.txt'))).toBe(false);
}, 120_000);
