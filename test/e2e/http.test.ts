import { execa } from 'execa';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { trustAll } from '../helpers/app.ts';
import { BIN } from '../helpers/client.ts';
import { cli } from '../helpers/cli-process.ts';
import { begun, ask, line } from '../helpers/http.ts';
import { httpProcess, tokenFor } from '../helpers/http-process.ts';
import { needProgram } from '../helpers/needs.ts';
import { type Scratch, scratch } from '../helpers/scratch.ts';
import { actionsOf, auditOf, expectSettled } from '../helpers/state.ts';

async function place(): Promise<Scratch> {
  const made = scratch();
  await trustAll(made);
  return made;
}

test('a person lets a client in, who works, is told of a kill by its session, and goes on', async () => {
  const made = await place();
  const token = await tokenFor(made, 'ci');
  let server = await httpProcess(made);
  const client = await line(server.url, token);
  expect((await client.call('write_file', { path: 'a.txt', content: 'a' })).outcome).toBe('succeeded');
  const old = client.transport.sessionId ?? '';
  const working = client.call('run_command', { command: 'sleep 20; touch b.txt' }).catch(() => null);
  while (!actionsOf(made).some(({ tool, phase }) => tool === 'run_command' && phase !== 'finished'))
    await sleep(20);
  await server.end('SIGKILL');
  await client.close();
  expect(await working).toBeNull();
  server = await httpProcess(made);
  const headers = { authorization: `Bearer ${token}`, 'mcp-session-id': old };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
  expect((await ask(Number(server.url.port), { headers, body })).status).toBe(404);
  const again = await line(server.url, token);
  expect((await again.call('write_file', { path: 'c.txt', content: 'c' })).outcome).toBe('succeeded');
  await again.close();
  expect(await server.end('SIGTERM')).toBe(0);
  expect(existsSync(join(made.root, 'b.txt'))).toBe(false);
  expectSettled(made);
  expect(auditOf(made).map(({ event }) => event)).toContain('server.stopped');
});

test('the stop from the command line reaches what runs over HTTP', async () => {
  const made = await place();
  const token = await tokenFor(made, 'ci');
  const server = await httpProcess(made);
  const client = await line(server.url, token);
  const running = client.call('run_command', { command: 'sleep 30' });
  while (!actionsOf(made).some(({ phase }) => phase !== 'finished')) await sleep(20);
  expect((await cli(made, ['stop', 'enough'])).code).toBe(0);
  expect((await running).error?.code).toBe('emergency_stopped');
  await client.close();
  await server.end('SIGTERM');
});

test('tokens are made with the passphrase, listed without themselves, and taken back', async () => {
  const made = await place();
  expect((await cli(made, ['token', 'add', 'ci'])).stderr).toContain('terminal_required');
  const wrong = await cli(made, ['token', 'add', 'ci', '--passphrase-stdin'], 'not it\n');
  expect(wrong.stderr).toContain('wrong_passphrase');
  const token = await tokenFor(made, 'ci', ['--agent', 'security']);
  await tokenFor(made, 'prometheus', ['--metrics']);
  const listed = await cli(made, ['token', 'list', '--json']);
  expect(JSON.parse(listed.stdout)).toMatchObject({
    tokens: [
      { name: 'ci', card: 'security', scope: 'mcp' },
      { name: 'prometheus', card: null, scope: 'metrics' },
    ],
  });
  expect(listed.stdout).not.toContain('sha256');
  expect((await cli(made, ['token'])).stdout).toMatch(/ci {2}mcp {2}card security/);
  const server = await httpProcess(made);
  const port = Number(server.url.port);
  expect(await begun(port, token)).toMatch(/^[\w-]{36}$/);
  expect((await cli(made, ['token', 'revoke', 'ci'])).code).toBe(0);
  expect((await ask(port, { headers: { authorization: `Bearer ${token}` }, body: '{}' })).status).toBe(401);
  expect((await cli(made, ['token', 'revoke', 'ci'])).stderr).toContain('there is no token ci');
  await server.end('SIGTERM');
});

test('an agent makes itself no token, and finds none', async () => {
  const made = await place();
  const token = await tokenFor(made, 'ci');
  const server = await httpProcess(made);
  const client = await line(server.url, token);
  writeFileSync(join(made.root, 'run.sh'), `node ${BIN} token add mine\n`);
  for (const command of ['homeostat token add mine', `node ${BIN} token add mine`, 'sh run.sh']) {
    const { outcome, result } = await client.call('run_command', { command });
    expect(outcome, JSON.stringify(result)).not.toBe('succeeded');
  }
  const look = await client.call('run_command', { command: `grep -r sha256 ${made.base}; echo looked` });
  expect(look.result?.['stdout']).toBe('looked\n');
  const { stdout } = await cli(made, ['token', 'list', '--json']);
  expect((JSON.parse(stdout) as { tokens: object[] }).tokens).toHaveLength(1);
  await client.close();
  await server.end('SIGTERM');
});

test('what every command takes may stand before serve, too', async () => {
  const made = scratch();
  const serve = async (...args: string[]): Promise<string> =>
    (await execa(process.execPath, [BIN, ...args], { cwd: made.root, env: made.env, reject: false })).stderr;
  expect(
    await serve('--toolsets', 'core', '--root', 'serve', 'serve', '--http', '--port', '70000'),
  ).toContain('--port 70000');
  expect(await serve('--root', 'serve', 'status')).not.toContain('serve --http');
});

test.each([
  [['--http', '--host', '0.0.0.0'], 'only addresses of the loopback'],
  [['--http', '--host', '192.168.0.1'], 'only addresses of the loopback'],
  [['--http', '--host', '127.0.0.1.example.com'], 'only addresses of the loopback'],
  [['--http', '--port', '70000'], '--port 70000'],
  [['--http', '--stdio'], '--stdio does not go with --http'],
  [['--http', '--agent', 'security'], '--agent does not go with --http'],
  [['--port', '80'], '--port does not go without --http'],
])('serve %s is refused at once', async (args, what) => {
  const made = scratch();
  const { exitCode, stderr } = await execa(process.execPath, [BIN, 'serve', ...args], {
    cwd: made.root,
    env: made.env,
    reject: false,
  });
  expect(exitCode).toBe(2);
  expect(stderr).toContain(what);
});

test('curl finds the server well, and is told no more', async () => {
  needProgram('curl');
  const made = await place();
  const server = await httpProcess(made);
  const pages = ['healthz', 'readyz', 'metrics'].map(async (page) =>
    execa('curl', ['-s', '-w', '%{http_code}', new URL(`/${page}`, server.url).href]),
  );
  const said = (await Promise.all(pages)).map(({ stdout }) => stdout);
  expect(said.slice(0, 2)).toEqual(['ok\n200', 'ready\n200']);
  expect(said[2]).toMatch(/401$/);
  await server.end('SIGTERM');
});
