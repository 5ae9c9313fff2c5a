import { statSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ownNames } from '../../src/server/http/admit.ts';
import { INITIALIZE, type Request, type Web, ask, begun, line, raw, web } from '../helpers/http.ts';
import { auditOf } from '../helpers/state.ts';

const LIST = JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list' });

/** One for each test, since what is refused is counted. */
async function withWeb(work: (t: Web) => Promise<void>, limits = {}): Promise<void> {
  const t = await web({ limits });
  try {
    await work(t);
  } finally {
    await t.close();
  }
}

test('a name that was made to lead here, and a page of a browser, are turned away before any token is looked at', async () =>
  withWeb(async ({ server: { port }, tokens }) => {
    const auth = { authorization: `Bearer ${tokens.alice}` };
    const foreign = [
      { host: 'evil.example' },
      { host: `evil.example:${port}` },
      { host: '127.0.0.1' },
      { host: `127.0.0.1:${port + 1}` },
      { host: `127.0.0.1.evil.example:${port}` },
      { origin: 'http://evil.example' },
      { origin: `https://127.0.0.1:${port}` },
      { origin: `http://127.0.0.1:${port}.evil.example` },
      { origin: 'null' },
      { origin: '' },
    ];
    for (const headers of foreign)
      for (const path of ['/mcp', '/metrics', '/healthz', '/readyz']) {
        const answer = await ask(port, { path, headers: { ...auth, ...headers }, body: INITIALIZE });
        expect({ headers, path, status: answer.status }).toEqual({ headers, path, status: 403 });
        expect(Object.keys(answer.headers).join()).not.toContain('access-control');
      }
    for (const headers of [{ host: `localhost:${port}` }, { origin: `http://localhost:${port}` }])
      expect((await ask(port, { headers: { ...auth, ...headers }, body: INITIALIZE })).status).toBe(200);
    // The first of two Host headers is not the one that counts somewhere else.
    const two = `Host: 127.0.0.1:${port}\r\nHost: evil.example`;
    expect(await raw(port, `GET /healthz HTTP/1.1\r\n${two}\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 40[03]/,
    );
    expect(await raw(port, 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1.1 40[03]/,
    );
    expect(await raw(port, 'GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 403/);
    expect(
      await raw(
        port,
        `GET http://evil.example/healthz HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`,
      ),
    ).toMatch(/^HTTP\/1.1 404/);
  }));

test('without a token that is known nothing is answered, on loopback too, and each try is on record without what was tried', async () =>
  withWeb(async (t) => {
    const { port } = t.server;
    const tries: Record<string, string>[] = [
      {},
      { authorization: 'Bearer ' },
      { authorization: 'Bearer hst_guessed' },
      { authorization: t.tokens.alice },
      { authorization: `Basic ${btoa(`alice:${t.tokens.alice}`)}` },
      { authorization: `Bearer ${t.tokens.alice.slice(0, -1)}` },
      { authorization: `Bearer ${t.tokens.alice} x` },
      { cookie: `token=${t.tokens.alice}` },
    ];
    for (const headers of tries)
      for (const path of ['/mcp', '/metrics']) {
        const method = path === '/mcp' ? 'POST' : 'GET';
        const answer = await ask(port, { method, path, headers, body: method === 'POST' ? INITIALIZE : '' });
        expect(answer.status).toBe(401);
        expect(answer.headers['www-authenticate']).toMatch(/^Bearer /);
      }
    expect((await ask(port, { path: `/mcp?token=${t.tokens.alice}`, body: INITIALIZE })).status).toBe(404);
    const refused = auditOf(t).filter(({ event }) => event === 'token.refused');
    // Ten of a minute have a record each; what comes after them is counted.
    expect(refused).toHaveLength(10);
    expect(refused[0]).toMatchObject({ agent: 'http', result: 'denied', detail: 'no token' });
    expect(JSON.stringify(auditOf(t))).not.toMatch(/hst_|guessed/);
  }));

test('of two tokens neither counts, and a page may be asked for its head alone', async () =>
  withWeb(async ({ server: { port }, tokens }) => {
    const head = async (path: string, more = ''): Promise<string> =>
      raw(port, `HEAD ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${more}Connection: close\r\n\r\n`);
    const one = `Authorization: Bearer ${tokens.prometheus}\r\n`;
    expect(await head('/metrics', one + one)).toMatch(/^HTTP\/1.1 401/);
    expect(await head('/metrics', `${one}Authorization: Bearer wrong\r\n`)).toMatch(/^HTTP\/1.1 401/);
    for (const [path, more] of [
      ['/healthz', ''],
      ['/readyz', ''],
      ['/metrics', one],
    ] as const)
      expect(await head(path, more)).toMatch(/^HTTP\/1.1 200 [^]*\r\n\r\n$/);
    expect(await head('/mcp', `Authorization: Bearer ${tokens.alice}\r\n`)).toMatch(/^HTTP\/1.1 405/);
  }));

test('on the port that clients leave out, an address without it is the server’s own as well', () => {
  expect(ownNames('127.0.0.1', 80).has('localhost')).toBe(true);
  expect(ownNames('127.0.0.1', 7433).has('localhost')).toBe(false);
});

test('a token opens one thing: MCP or the metrics', async () =>
  withWeb(async (t) => {
    const { port } = t.server;
    const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
    expect((await ask(port, { headers: bearer(t.tokens.prometheus), body: INITIALIZE })).status).toBe(403);
    for (const agent of [t.tokens.alice, t.tokens.bob])
      expect((await ask(port, { method: 'GET', path: '/metrics', headers: bearer(agent) })).status).toBe(403);
    const numbers = await ask(port, {
      method: 'GET',
      path: '/metrics',
      headers: bearer(t.tokens.prometheus),
    });
    expect(numbers.status).toBe(200);
    expect(auditOf(t).filter(({ detail }) => detail?.includes('came for'))).toHaveLength(3);
  }));

test('only a digest of a token is kept, for the owner alone', async () =>
  withWeb(async (t) => {
    const path = join(t.home, 'tokens.json');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    for (const token of Object.values(t.tokens)) {
      expect(token).toMatch(/^hst_[\w-]{43}$/);
      expect(readFileSync(path, 'utf8')).not.toContain(token.slice(4, 20));
    }
    expect(JSON.stringify(auditOf(t))).not.toContain('hst_');
    // Nor does it come out where somebody has written it down.
    const written = await t.act('write_file', { path: 'notes.txt', content: `token ${t.tokens.alice}\n` });
    expect(written.outcome).toBe('succeeded');
    expect(JSON.stringify(await t.ask('read_file', { path: 'notes.txt' }))).not.toContain(t.tokens.alice);
    expect((await t.ask('read_file', { path: path })).error?.code).toBe('outside_roots');
  }));

test('what a token may not be: a second one of its name, one with a card that is not there', async () =>
  withWeb(async (t) => {
    const wrong = [
      { name: 'alice', card: null },
      { name: 'person/root', card: null },
      { name: '', card: null },
      { name: 'carol', card: 'nobody' },
    ];
    for (const info of wrong)
      await expect(t.token({ ...info, scope: 'mcp' })).rejects.toThrow(/token|letters|card/);
    const operator = await t.app.operator();
    const guess = { passphrase: 'wrong one', terminal: true };
    await expect(operator.addToken({ name: 'carol', card: null, scope: 'mcp' }, guess)).rejects.toThrow(
      'wrong',
    );
    await expect(
      operator.addToken({ name: 'carol', card: null, scope: 'mcp' }, { terminal: true }),
    ).rejects.toThrow('passphrase');
  }));

test('a session opens to the token that began it and to no other, and not any more when that is taken back', async () =>
  withWeb(async (t) => {
    const { port } = t.server;
    const id = await begun(port, t.tokens.alice);
    expect(id).toMatch(/^[\w-]{36}$/);
    const as = async (token: string, session: string, method = 'POST'): Promise<number> =>
      (
        await ask(port, {
          method,
          headers: { authorization: `Bearer ${token}`, 'mcp-session-id': session },
          body: method === 'POST' ? LIST : '',
        })
      ).status;
    expect(await as(t.tokens.alice, id)).toBe(200);
    // One that is another's is said not to be there, as one that never was.
    for (const method of ['POST', 'GET', 'DELETE']) expect(await as(t.tokens.bob, id, method)).toBe(404);
    expect(await as(t.tokens.alice, '00000000-0000-4000-8000-000000000000')).toBe(404);
    expect(await as(t.tokens.alice, id)).toBe(200);
    const operator = await t.app.operator();
    operator.revokeToken('alice');
    expect(await as(t.tokens.alice, id)).toBe(401);
    // Made anew under its name it is another.
    const anew = await t.token({ name: 'alice', card: null, scope: 'mcp' });
    expect(await as(anew, id)).toBe(404);
    const events = auditOf(t).map(({ event }) => event);
    expect(events.filter((event) => event === 'token.added')).toHaveLength(4);
    expect(events).toContain('token.revoked');
  }));

test('the token is the principal, whatever the client calls itself, and its card holds', async () =>
  withWeb(async (t) => {
    const alice = await line(t.url, t.tokens.alice);
    const bob = await line(t.url, t.tokens.bob);
    expect((await alice.call('write_file', { path: 'a.txt', content: 'a' })).outcome).toBe('succeeded');
    expect((await bob.call('write_file', { path: 'b.txt', content: 'b' })).error?.code).toBe(
      'tool_not_on_card',
    );
    const agents = new Set(auditOf(t).map(({ agent }) => agent));
    expect(agents).toContain('token:alice/tester');
    expect([...agents].filter((agent) => agent.includes('claude-ai'))).toEqual([]);
    const listed = (await bob.client.listTools()).tools.map(({ name }) => name);
    expect(listed.toSorted()).toEqual([...(t.app.cards().get('security')?.tools ?? [])].toSorted());
    await alice.close();
    await bob.close();
  }));

const REQUESTS: readonly (readonly [what: string, request: Request, status: number])[] = [
  ['another path', { path: '/', method: 'GET' }, 404],
  ['a path that climbs', { path: '/metrics/../mcp', method: 'GET' }, 404],
  ['a name of every object', { path: '/__proto__', method: 'GET' }, 404],
  ['another method', { method: 'PUT' }, 405],
  ['a question of a browser before it asks', { method: 'OPTIONS' }, 405],
  ['a write to a page', { path: '/metrics' }, 405],
  ['another content type', { headers: { 'content-type': 'text/plain' }, body: INITIALIZE }, 415],
  ['a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=1' }, 415],
  [
    'a type that only begins like it',
    { headers: { 'content-type': 'application/jsonp' }, body: INITIALIZE },
    415,
  ],
  ['a body that is packed', { headers: { 'content-encoding': 'gzip' }, body: INITIALIZE }, 415],
  ['no JSON', { body: '{"jsonrpc":' }, 400],
  ['nothing', {}, 400],
  ['null', { body: 'null' }, 400],
  ['a batch of nothing', { body: '[]' }, 400],
  ['no session', { body: LIST }, 400],
  ['a session that is not there', { headers: { 'mcp-session-id': 'x' }, body: LIST }, 404],
  ['a stream of no session', { method: 'GET' }, 400],
  ['an end of no session', { method: 'DELETE' }, 400],
  ['no word of what is understood', { headers: { accept: 'text/html' }, body: INITIALIZE }, 406],
  ['a body that is too large', { body: JSON.stringify({ x: 'x'.repeat(30_000) }) }, 413],
  ['a batch that is too long', { body: `[${Array(17).fill(LIST).join()}]` }, 413],
  ['headers that are too large', { headers: { 'x-a': 'a'.repeat(20_000) } }, 431],
  ['a protocol that is not known', { headers: { 'mcp-protocol-version': '1999-01-01' }, body: LIST }, 400],
];

test('what is no request of the protocol is turned away with the status that says so, and does no harm', async () =>
  withWeb(
    async ({ server: { port }, tokens }) => {
      const auth = { authorization: `Bearer ${tokens.alice}` };
      const answers = [];
      for (const [what, request] of REQUESTS)
        answers.push([
          what,
          (await ask(port, { ...request, headers: { ...auth, ...request.headers } })).status,
        ]);
      expect(answers).toEqual(REQUESTS.map(([what, , status]) => [what, status]));
      expect((await ask(port, { headers: auth, body: INITIALIZE })).status).toBe(200);
    },
    { bodyBytes: 20_000 },
  ));

test('a body without a length is cut where it is too large, and one with two lengths is not read', async () =>
  withWeb(
    async ({ server: { port }, tokens }) => {
      const head = (rest: string): string =>
        `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${tokens.alice}\r\nContent-Type: application/json\r\n${rest}\r\n\r\n`;
      const chunk = `2000\r\n${'x'.repeat(0x2000)}\r\n`;
      expect(await raw(port, head('Transfer-Encoding: chunked') + chunk.repeat(8))).toMatch(/^HTTP\/1.1 413/);
      const smuggled = `${head('Content-Length: 4\r\nTransfer-Encoding: chunked')}0\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n`;
      expect(await raw(port, smuggled)).toMatch(/^HTTP\/1.1 400/);
      expect(await raw(port, `${head('Content-Length: 4\r\nContent-Length: 5')}null`)).toMatch(
        /^HTTP\/1.1 400/,
      );
    },
    { bodyBytes: 20_000 },
  ));
