import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { BIN } from '../helpers/client.ts';
import { scratch } from '../helpers/scratch.ts';

/** Lines are written as they are; what comes back is parsed line by line. */
async function talk(args: string[], lines: string[], answers: number): Promise<Record<string, unknown>[]> {
  const place = scratch();
  const child = spawn(process.execPath, [BIN, ...args], { cwd: place.root, env: place.env });
  const received: Record<string, unknown>[] = [];
  const done = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      received.push(JSON.parse(line) as Record<string, unknown>);
      if (received.length === answers) resolve();
    });
    child.once('exit', () => resolve());
  });
  for (const line of lines) child.stdin.write(`${line}\n`);
  await done;
  child.stdin.end();
  if (child.exitCode === null) await once(child, 'exit');
  expect(child.exitCode).toBe(0);
  return received;
}

const rpc = (id: number, method: string, params: object): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });
const HELLO = [
  rpc(1, 'initialize', {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'pipe', version: '0' },
  }),
  JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }),
];

test.each([[['serve', '--stdio']], [[]]])(
  'a script that pipes lines into homeostat %j is answered',
  async (args) => {
    const answers = await talk(
      args,
      [
        ...HELLO,
        rpc(2, 'tools/list', {}),
        rpc(3, 'tools/call', { name: 'run_command', arguments: { command: 'echo hi' } }),
      ],
      3,
    );
    expect(answers.map((a) => Number(a['id'])).toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
    expect(answers.find((a) => a['id'] === 1)).toMatchObject({
      result: { serverInfo: { name: 'homeostat' } },
    });
    expect(answers.find((a) => a['id'] === 3)).toMatchObject({
      result: { structuredContent: { result: { stdout: 'hi\n' } } },
    });
  },
);

test('broken lines and unknown methods harm nobody', async () => {
  const answers = await talk(
    ['serve', '--stdio'],
    [
      '{"jsonrpc": "2.0", "id": 9, "method"',
      'hello',
      ...HELLO,
      rpc(4, 'tools/erase', {}),
      rpc(5, 'tools/call', { name: 'no_such_tool', arguments: {} }),
      rpc(6, 'tools/call', { name: 'get_status', arguments: { surprise: true } }),
      rpc(7, 'tools/call', { name: 'get_status' }),
    ],
    5,
  );
  const by = (id: number): Record<string, unknown> | undefined => answers.find((a) => a['id'] === id);
  expect(by(4)).toMatchObject({ error: { code: -32601 } });
  expect(by(5)).toMatchObject({
    result: { isError: true, structuredContent: { error: { code: 'unknown_tool' } } },
  });
  expect(by(6)).toMatchObject({
    result: { isError: true, structuredContent: { error: { code: 'invalid_input' } } },
  });
  expect(by(7)).toMatchObject({ result: { isError: false, structuredContent: { outcome: 'succeeded' } } });
});
