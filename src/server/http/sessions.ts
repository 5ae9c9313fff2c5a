import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Gateway } from '../../core/gateway.ts';
import type { TokenInfo, Tokens } from '../../core/tokens.ts';
import { type McpFace, connectMcp } from '../mcp/adapter.ts';
import type { Refused } from './admit.ts';
import { recentEvents } from './events.ts';
import type { HttpLimits } from './limits.ts';

/** Hands requests to the client's session. */
export interface Session {
  /** Null where the session can take one more request now. */
  busy(): Refused | null;
  handle(req: IncomingMessage, res: ServerResponse, body?: unknown): Promise<void>;
}

/** The sessions of all clients; each belongs to the token that began it, and ends with it. */
export interface Sessions {
  find(id: string, bearer: TokenInfo): Session | Refused;
  begin(bearer: TokenInfo): Promise<Session | Refused>;
  count(): number;
  /** Ends those that nothing is heard of, and those whose token was taken back. */
  sweep(): void;
  /** Ends all of them, and waits for their calls so long at most. */
  close(ms: number): Promise<void>;
}

interface Kept extends Session {
  readonly bearer: TokenInfo;
  /** Calls that run, and answers that are open. */
  readonly running: Set<Promise<unknown>>;
  open: number;
  heard: number;
  end(): void;
}

const GONE: Refused = { status: 404, message: 'there is no such session; begin a new one' };

export function openSessions(
  face: Omit<McpFace, 'signal' | 'card' | 'client'>,
  tokens: Tokens,
  limits: HttpLimits,
): Sessions {
  const sessions = new Map<string, Kept>();
  const isIdle = ({ running, open }: Kept): boolean => running.size === 0 && open === 0;

  /** Makes room among the token's own sessions: nobody can push out another's. */
  const full = (bearer: TokenInfo): boolean => {
    const own = [...sessions.values()].filter((session) => isOf(session, bearer));
    if (own.length < limits.sessionsOfToken && sessions.size < limits.sessions) return false;
    const [oldest] = own.filter(isIdle).toSorted((a, b) => a.heard - b.heard);
    oldest?.end();
    return oldest === undefined;
  };

  return {
    find(id, bearer) {
      const session = sessions.get(id);
      if (session === undefined) return GONE;
      if (isOf(session, bearer)) return session;
      // Said as if it were not there: an id is no secret that may be tried out.
      tokens.refused('the session of another token', bearer);
      return GONE;
    },
    async begin(bearer) {
      if (full(bearer)) return { status: 503, message: 'too many sessions are open', headers: RETRY };
      return begin(bearer, face, limits, sessions);
    },
    count: () => sessions.size,
    sweep() {
      const now = performance.now();
      for (const session of sessions.values()) {
        const isOver = isIdle(session) && now - session.heard > limits.idleMs;
        if (isOver || !tokens.stands(session.bearer)) session.end();
      }
    },
    async close(ms) {
      const running = [...sessions.values()].flatMap((session) => [...session.running]);
      for (const session of sessions.values()) session.end();
      const tooLong = new Promise((resolve) => setTimeout(resolve, ms).unref());
      await Promise.race([Promise.allSettled(running), tooLong]);
    },
  };
}

const RETRY = { 'retry-after': '1' };

const isOf = ({ bearer }: Kept, { name, created }: TokenInfo): boolean =>
  bearer.name === name && bearer.created === created;

/** A session that is counted from the handshake on; one that never comes to that leaves nothing behind. */
async function begin(
  bearer: TokenInfo,
  face: Omit<McpFace, 'signal' | 'card' | 'client'>,
  limits: HttpLimits,
  sessions: Map<string, Kept>,
): Promise<Session> {
  const abort = new AbortController();
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, session),
    onsessionclosed: () => session.end(),
    eventStore: recentEvents(limits),
  });
  const running = new Set<Promise<unknown>>();
  const gateway: Gateway = {
    ...face.gateway,
    async call(...args) {
      const call = face.gateway.call(...args);
      running.add(call);
      return call.finally(() => {
        running.delete(call);
        session.heard = performance.now();
      });
    },
  };
  const session: Kept = {
    bearer,
    running,
    open: 0,
    heard: performance.now(),
    busy: () =>
      running.size < limits.callsOfSession
        ? null
        : { status: 429, message: `${running.size} calls are running`, headers: RETRY },
    async handle(req, res, body) {
      session.open++;
      session.heard = performance.now();
      res.once('close', () => {
        session.open--;
        session.heard = performance.now();
      });
      await transport.handleRequest(req, res, body);
    },
    end() {
      abort.abort();
      sessions.delete(transport.sessionId ?? '');
      void transport.close();
    },
  };
  const mcp = { ...face, gateway, client: `token:${bearer.name}`, card: bearer.card, signal: abort.signal };
  await connectMcp(mcp, transport);
  return session;
}
