import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema, type ElicitResult } from '@modelcontextprotocol/sdk/types.js';
import { VERSION } from '../../src/app.ts';
import type { Bearer } from '../../src/core/tokens.ts';
import type { HttpLimits } from '../../src/server/http/limits.ts';
import { metricsPage } from '../../src/server/http/metrics.ts';
import { type HttpServer, serveHttp } from '../../src/server/http/serve.ts';
import { PASSPHRASE, type TestApp, testApp } from './app.ts';
import type { Answer } from './client.ts';
import type { Scratch } from './scratch.ts';

const proof = { passphrase: PASSPHRASE, terminal: false };

/** The product with its HTTP face, in this process, and tokens for two agents and a collector of metrics. */
export interface Web extends TestApp {
  readonly server: HttpServer;
  readonly url: URL;
  readonly tokens: Readonly<Record<'alice' | 'bob' | 'prometheus', string>>;
  token(info: Bearer): Promise<string>;
}

export async function web({
  limits = {},
  config,
  on,
}: { limits?: Partial<HttpLimits>; config?: string; on?: Scratch } = {}): Promise<Web> {
  const t = await testApp({
    ...(config === undefined ? {} : { config }),
    ...(on === undefined ? {} : { on }),
  });
  const operator = await t.app.operator();
  const token = async (info: Bearer): Promise<string> => operator.addToken(info, proof);
  const tokens = {
    alice: await token({ name: 'alice', card: null, scope: 'mcp' }),
    bob: await token({ name: 'bob', card: 'security', scope: 'mcp' }),
    prometheus: await token({ name: 'prometheus', card: null, scope: 'metrics' }),
  };
  const { gateway, cards, prompts } = t.app;
  const monitor = await t.app.monitor(false);
  const server = await serveHttp({
    mcp: { gateway, cards, prompts, version: VERSION, user: 'tester', cwd: t.root },
    tokens: await t.app.tokens(),
    metrics: metricsPage(monitor, VERSION),
    ready: async () => monitor.ready(),
    host: '127.0.0.1',
    port: 0,
    limits,
  });
  return {
    ...t,
    server,
    url: new URL(`http://127.0.0.1:${server.port}/mcp`),
    tokens,
    token,
    async close() {
      await server.close();
      await t.close();
    },
  };
}

export interface HttpLine {
  readonly client: Client;
  readonly transport: StreamableHTTPClientTransport;
  call(name: string, input?: Record<string, unknown>): Promise<Answer>;
  close(): Promise<void>;
}

/** The SDK's client, which comes with a token. */
export async function line(
  url: URL,
  token: string,
  { form }: { form?: (message: string) => ElicitResult | Promise<ElicitResult> } = {},
): Promise<HttpLine> {
  const transport = new StreamableHTTPClientTransport(url, {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
  });
  const client = new Client(
    { name: 'claude-ai', version: '1' },
    { capabilities: form === undefined ? {} : { elicitation: {} } },
  );
  if (form !== undefined)
    client.setRequestHandler(ElicitRequestSchema, async ({ params }) => form(params.message));
  await client.connect(transport);
  return {
    client,
    transport,
    call: async (name, input = {}) =>
      (await client.callTool({ name, arguments: input })).structuredContent as Answer,
    close: async () => client.close(),
  };
}

/** What the server answers to bytes on a plain socket, until it closes; `''` where it says nothing. */
export async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.write(bytes);
  return text(socket).catch(() => '');
}

export interface Request {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One request with the headers of the test, on a connection of its own. */
export async function ask(
  port: number,
  { method = 'POST', path = '/mcp', headers = {}, body = '' }: Request,
): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
  const all = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', method, path, headers: all, agent: false }, (res) => {
      text(res).then(
        (said) => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: said }),
        reject,
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

export const INITIALIZE = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
});

/** A session begun by hand: its id. */
export async function begun(port: number, token: string): Promise<string> {
  const { headers } = await ask(port, { headers: { authorization: `Bearer ${token}` }, body: INITIALIZE });
  return String(headers['mcp-session-id']);
}
