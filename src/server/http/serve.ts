import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { HomeostatError } from '../../core/errors.ts';
import type { Tokens } from '../../core/tokens.ts';
import type { McpFace } from '../mcp/adapter.ts';
import { type Refused, bearerOf, foreign, isRefused, ownNames } from './admit.ts';
import { refuse, say } from './answer.ts';
import { type HttpLimits, LIMITS } from './limits.ts';
import { answerMcp } from './mcp.ts';
import { openSessions } from './sessions.ts';
import { unreadWatch } from './unread.ts';

export interface HttpFace {
  readonly mcp: Omit<McpFace, 'signal' | 'card' | 'client'>;
  readonly tokens: Tokens;
  /** The numbers in Prometheus's text format. */
  readonly metrics: () => Promise<{ type: string; body: string }>;
  /** Whether calls can be served: the state opens, and the record is whole. */
  readonly ready: () => Promise<boolean>;
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly limits?: Partial<HttpLimits>;
}

export interface HttpServer {
  readonly port: number;
  /** How many are open. */
  sessions(): number;
  /** Answers no more, and gives running calls a moment to end. */
  close(): Promise<void>;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;
const SWEEP_MS = 1000;
const FAREWELL_MS = 5000;
const METHODS: Readonly<Record<string, readonly string[]>> = {
  '/mcp': ['GET', 'POST', 'DELETE'],
  '/metrics': ['GET', 'HEAD'],
  '/healthz': ['GET', 'HEAD'],
  '/readyz': ['GET', 'HEAD'],
};

/**
 * MCP over Streamable HTTP, and the pages that watch over the server, on this machine's loopback alone.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports
 */
export async function serveHttp(face: HttpFace): Promise<HttpServer> {
  const { tokens, host } = face;
  if (!LOOPBACK.test(host))
    throw new HomeostatError('invalid_input', `--host ${host}: only addresses of the loopback are served`, {
      next: 'From elsewhere it is reached through a tunnel or a proxy with TLS: docs/http.md.',
    });
  const limits = { ...LIMITS, ...face.limits };
  const sessions = openSessions(face.mcp, tokens, limits);
  const unread = unreadWatch(limits.unreadMs);
  const open = new Map<string, number>();
  let own: ReadonlySet<string> = new Set();

  /** Answers of one token that are open, counted; one more than may be is refused. */
  const counted = (name: string, res: ServerResponse): Refused | null => {
    const count = (open.get(name) ?? 0) + 1;
    if (count > limits.requestsOfToken)
      return { status: 429, message: `${count - 1} requests are open`, headers: { 'retry-after': '1' } };
    open.set(name, count);
    res.once('close', () => {
      const left = (open.get(name) ?? 1) - 1;
      if (left > 0) open.set(name, left);
      else open.delete(name);
    });
    return null;
  };

  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const path = req.url ?? '';
    const stranger = foreign(req, own);
    if (stranger !== null) return refuse(res, stranger);
    const methods = Object.hasOwn(METHODS, path) ? METHODS[path] : undefined;
    if (methods === undefined) return refuse(res, { status: 404, message: 'there is nothing here' });
    if (!methods.includes(req.method ?? ''))
      return refuse(res, { status: 405, message: 'not that way', headers: { allow: methods.join(', ') } });
    // They tell nothing but that it runs, or can work.
    if (path === '/healthz') return say(res, 200, 'text/plain', 'ok\n');
    if (path === '/readyz')
      return (await face.ready())
        ? say(res, 200, 'text/plain', 'ready\n')
        : say(res, 503, 'text/plain', 'not ready\n');
    const bearer = bearerOf(req, path === '/mcp' ? 'mcp' : 'metrics', tokens);
    if (isRefused(bearer)) return refuse(res, bearer);
    const tooMany = counted(bearer.name, res);
    if (tooMany !== null) return refuse(res, tooMany);
    if (path === '/mcp') return answerMcp(req, res, bearer, sessions, limits);
    const { type, body } = await face.metrics();
    say(res, 200, type, body);
  };

  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: Math.min(SWEEP_MS, limits.headersMs),
    },
    (req, res) => {
      answer(req, res).catch(() =>
        refuse(res, { status: 500, message: 'this request could not be answered' }),
      );
    },
  );
  server.maxConnections = limits.connections;
  server.on('connection', (socket) => unread.watch(socket));
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(face.port, host, listening);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : face.port;
  own = ownNames(host, port);
  const timer = setInterval(() => {
    try {
      unread.sweep();
      sessions.sweep();
    } catch {
      // A state that cannot be read now is looked at again; each request is refused meanwhile.
    }
  }, SWEEP_MS).unref();
  return {
    port,
    sessions: () => sessions.count(),
    async close() {
      clearInterval(timer);
      server.close();
      await sessions.close(FAREWELL_MS);
      server.closeAllConnections();
    },
  };
}
