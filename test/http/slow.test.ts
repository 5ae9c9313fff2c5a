import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ask, raw, web } from '../helpers/http.ts';

/** How long a client that says `first`, and then a little again and again, is listened to. */
async function endOf(port: number, first: string, again: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  let said = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  socket.on('error', () => undefined);
  socket.write(first);
  const timer = setInterval(() => socket.write(again), 50);
  await new Promise((resolve) => socket.once('close', resolve));
  clearInterval(timer);
  return said;
}

test('a client that sends its headers or its body drop by drop is cut off', async () => {
  const t = await web({ limits: { headersMs: 300, requestMs: 600 } });
  const { port } = t.server;
  const head = `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`;
  expect(await endOf(port, head, 'X-A: b\r\n')).toMatch(/^HTTP\/1.1 408|^$/);
  const whole = `${head}Authorization: Bearer ${t.tokens.alice}\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n`;
  expect(await endOf(port, whole, ' ')).toMatch(/^HTTP\/1.1 408|^$/);
  expect((await ask(port, { method: 'GET', path: '/healthz' })).status).toBe(200);
  await t.close();
});

test('a client that reads nothing of what it asks for is cut off, and what waits for it is let go', async () => {
  const t = await web({ limits: { unreadMs: 300 } });
  const { port } = t.server;
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.pause();
  const get = `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
  // Answers to requests one behind the other pile up where nobody reads them.
  const timer = setInterval(() => {
    if (socket.writableLength < 1_000_000) socket.write(get.repeat(2000));
  }, 5);
  await new Promise((resolve) => socket.once('close', resolve));
  clearInterval(timer);
  expect((await ask(port, { method: 'GET', path: '/healthz' })).status).toBe(200);
  await t.close();
});

test('connections are few, and those that say nothing make room', async () => {
  const t = await web({ limits: { connections: 5, headersMs: 300 } });
  const { port } = t.server;
  const silent = Array.from({ length: 20 }, () => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => undefined).resume();
    return { socket, closed: new Promise((resolve) => socket.once('close', resolve)) };
  });
  await Promise.all(silent.map(async ({ closed }) => closed));
  await sleep(50);
  expect((await ask(port, { method: 'GET', path: '/healthz' })).body).toBe('ok\n');
  await t.close();
});

test('what is no HTTP at all is answered with an error, and nothing falls over', async () => {
  const t = await web();
  const { port } = t.server;
  for (const bytes of [
    '\0\0\0\0',
    '\x16\x03\x01\x02\x00\x01',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'GET /healthz\r\n\r\n',
  ])
    expect(await raw(port, bytes)).not.toMatch(/^HTTP\/1.1 200/);
  const upgrade = `GET /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n`;
  expect(await raw(port, upgrade)).toMatch(/^HTTP\/1.1 401/);
  expect(await raw(port, `CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n`)).toBe('');
  expect((await ask(port, { method: 'GET', path: '/healthz' })).status).toBe(200);
  await t.close();
});
