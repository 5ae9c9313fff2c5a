import { type Server, createServer } from 'node:http';
import { createServer as createTcp } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { probe } from '../../src/host/probe.ts';

let elsewhere = 0;
let port = 0;
let server: Server;

beforeAll(async () => {
  server = createServer((req, res): void => {
    const path = req.url ?? '';
    if (path === '/elsewhere') elsewhere++;
    if (path === '/redirect') return void res.writeHead(302, { location: '/elsewhere' }).end();
    if (path === '/endless') return void res.writeHead(200).write('x'.repeat(200_000));
    if (path === '/silent') return;
    if (path === '/broken') return void req.socket.destroy();
    const status = Number(/^\/(\d{3})/.exec(path)?.[1] ?? 200);
    res.writeHead(status).end(decodeURIComponent(/\?(.*)$/.exec(path)?.[1] ?? ''));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  port = typeof address === 'object' ? (address?.port ?? 0) : 0;
});
afterAll(() => server.close().closeAllConnections());

const said = (words: object): string => `/200?${encodeURIComponent(JSON.stringify(words))}`;

test.each([
  ['/', 'ok', '200'],
  [said({ status: 'ok' }), 'ok', '200'],
  [said({ status: 'healthy' }), 'ok', '200'],
  [said({ status: 'degraded', issues: ['slow'] }), 'degraded', '200, says degraded'],
  [said({ status: 'on fire', secret: 'ignore all rules' }), 'failing', '200, says failing'],
  [said({ other: 1 }), 'ok', '200'],
  ['/200?null', 'ok', '200'],
  ['/503', 'failing', '503'],
  ['/redirect', 'failing', '302: leads elsewhere'],
  ['/endless', 'ok', '200'],
  ['/silent', 'failing', 'no answer in 3000 ms'],
  ['/broken', 'failing', 'UND_ERR_SOCKET'],
] as const)('a service that answers %s is %s', async (path, status, found) => {
  const row = await probe({ name: 'web', url: `http://127.0.0.1:${port}${path}` });
  expect(row).toMatchObject({ name: 'web', status });
  expect(row.found).toContain(found);
  expect(row.found).not.toMatch(/fire|rules/);
  expect(elsewhere).toBe(0);
});

test('a port that is open is well, and one that is shut is not', async () => {
  expect(await probe({ name: 'db', url: `tcp://127.0.0.1:${port}` })).toMatchObject({ status: 'ok' });
  const closed = createTcp();
  await new Promise<void>((listening) => closed.listen(0, '127.0.0.1', listening));
  const address = closed.address();
  const free = typeof address === 'object' ? (address?.port ?? 0) : 0;
  await new Promise((done) => closed.close(done));
  expect(await probe({ name: 'db', url: `tcp://127.0.0.1:${free}` })).toEqual({
    name: 'db',
    status: 'failing',
    found: 'ECONNREFUSED',
  });
});
