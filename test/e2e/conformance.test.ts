import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { trustAll } from '../helpers/app.ts';
import { PACKAGE_ROOT } from '../../src/app.ts';
import { httpProcess, tokenFor } from '../helpers/http-process.ts';
import { scratch } from '../helpers/scratch.ts';

const FOLDER = join(PACKAGE_ROOT, 'test', 'conformance');
const SUITE = join(FOLDER, 'node_modules', '@modelcontextprotocol', 'conformance', 'dist', 'index.js');
// It needs a newer Node than homeostat does.
const NODE = join(FOLDER, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');

beforeAll(async () => {
  if (!existsSync(SUITE)) await execa('npm', ['ci'], { cwd: FOLDER });
}, 300_000);

/** The suite knows no tokens: whatever it sends goes on as it is, with one. */
async function withToken(to: URL, token: string): Promise<{ url: string; close(): void }> {
  const server = createServer((req, res) => {
    const headers = { ...req.headers, authorization: `Bearer ${token}` };
    for (const name of ['host', 'origin'] as const)
      if (headers[name] !== undefined) headers[name] = headers[name].replace(`127.0.0.1:${own}`, to.host);
    const sent = request(to, { method: req.method, headers, agent: false }, (answer) => {
      res.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(res);
    });
    sent.on('error', () => res.destroy());
    res.on('close', () => sent.destroy());
    req.pipe(sent);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const own = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return { url: `http://127.0.0.1:${own}/mcp`, close: () => server.close().closeAllConnections() };
}

test('the conformance suite of the protocol fails in those scenarios alone that need tools made for it', async () => {
  const place = scratch();
  await trustAll(place);
  const server = await httpProcess(place);
  const proxy = await withToken(server.url, await tokenFor(place, 'suite'));
  const expected = ['--suite', 'all', '--expected-failures', join(FOLDER, 'expected-failures.yaml')];
  const { exitCode, all } = await execa(NODE, [SUITE, 'server', '--url', proxy.url, ...expected], {
    cwd: place.base,
    reject: false,
    all: true,
  });
  proxy.close();
  expect(await server.end('SIGTERM')).toBe(0);
  expect(exitCode, all).toBe(0);
}, 300_000);
