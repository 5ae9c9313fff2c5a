import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cli } from '../helpers/cli-process.ts';
import { scratch } from '../helpers/scratch.ts';

const BODY = Buffer.concat([Buffer.from('GGUF'), Buffer.alloc(300_000, 'model')]);

test('a pull that was cut short goes on where it stopped, and never by way of http', async () => {
  const place = scratch();
  const [key, cert] = [join(place.base, 'key.pem'), join(place.base, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject],
    {
      stdio: 'ignore',
    },
  );
  const ranges: (string | undefined)[] = [];
  const server: Server = createServer(
    { key: readFileSync(key), cert: readFileSync(cert) },
    (request, response) => {
      if (request.url === '/away.gguf') {
        response.writeHead(302, { location: 'http://localhost/m.gguf' }).end();
        return;
      }
      if (request.url === '/gone.gguf') {
        response.writeHead(404).end();
        return;
      }
      const { range } = request.headers;
      ranges.push(range);
      const from = Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
      const headers = { etag: '"one"', 'content-length': String(BODY.length - from) };
      response.writeHead(from === 0 ? 200 : 206, headers);
      // The first time it breaks off in the middle.
      if (ranges.length === 1)
        response.write(BODY.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 200));
      else response.end(BODY.subarray(from));
    },
  );
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const env = { ...place.env, XDG_DATA_HOME: join(place.base, 'data'), NODE_EXTRA_CA_CERTS: cert };
  const pull = async (name: string): Promise<Record<string, unknown>> =>
    JSON.parse(
      (await cli({ ...place, env }, ['model', 'pull', `https://localhost:${port}/${name}`, '--json'])).stdout,
    ) as Record<string, unknown>;
  const file = join(place.base, 'data', 'homeostat', 'models', 'm.gguf');
  expect(await pull('m.gguf')).toMatchObject({
    error: { code: 'not_found', next: expect.stringContaining('goes on') },
  });
  expect([existsSync(file), statSync(`${file}.part`).size]).toEqual([false, 100_000]);
  expect(await pull('m.gguf')).toMatchObject({ file, bytes: BODY.length });
  expect(ranges).toEqual([undefined, 'bytes=100000-']);
  expect(readFileSync(file).equals(BODY)).toBe(true);
  expect(await pull('away.gguf')).toMatchObject({ error: { code: 'invalid_input' } });
  expect(await pull('gone.gguf')).toMatchObject({ error: { code: 'not_found' } });
  writeFileSync(`${file}.part`, 'left by somebody');
  expect(await pull('m.gguf')).toMatchObject({ error: { code: 'invalid_input' } });
  server.closeAllConnections();
  server.close();
});
