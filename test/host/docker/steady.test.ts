// A connection that the engine closes at the moment when it is used again, and what is asked by it.
import { mkdtempSync, rmSync } from 'node:fs';
import { type RequestListener, createServer } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openEngine } from '../../../src/host/docker/engine.ts';

const SILENT_MS = 300;

/** An engine that answers every question with nothing; tells of each request by which connection it came. */
async function fakeEngine(answer: RequestListener): Promise<{ engine: ReturnType<typeof openEngine> }> {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-steady-'));
  const path = join(folder, 'engine');
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  return { engine: openEngine({ host: `unix://${path}`, certificates: null }, {}, SILENT_MS) };
}

test('a question on a connection that is closed meanwhile is asked once more', async () => {
  const used = new Set<Socket>();
  let closed = 0;
  const { engine } = await fakeEngine(({ socket }, to) => {
    if (used.has(socket)) {
      closed++;
      socket.destroy();
      return;
    }
    used.add(socket);
    to.setHeader('content-type', 'application/json').end('[]');
  });
  for (let n = 0; n < 4; n++) expect(await engine.list(true)).toEqual([]);
  expect(closed).toBeGreaterThan(0);
});

test('what changes something goes by a connection of its own, once', async () => {
  const seen: { method: string | undefined; socket: Socket }[] = [];
  const { engine } = await fakeEngine(({ method, socket }, to) => {
    seen.push({ method, socket });
    if (method === 'GET') to.setHeader('content-type', 'application/json').end('[]');
    else socket.destroy();
  });
  await engine.list(true);
  await expect(engine.start('web')).rejects.toMatchObject({ code: 'engine_unreachable' });
  const [asked, ...begun] = seen;
  expect(begun.map(({ method }) => method)).toEqual(['POST']);
  expect(begun[0]?.socket).not.toBe(asked?.socket);
});

test('an engine that goes away is asked twice and no more, one that is silent once', async () => {
  let asked = 0;
  let isSilent = false;
  const { engine } = await fakeEngine(({ socket }) => {
    asked++;
    if (!isSilent) socket.destroy();
  });
  await expect(engine.list(true)).rejects.toMatchObject({ code: 'engine_unreachable' });
  expect(asked).toBe(2);
  isSilent = true;
  await expect(engine.list(true)).rejects.toThrow(/said nothing/);
  expect(asked).toBe(3);
});
