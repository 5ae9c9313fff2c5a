import type { IncomingMessage, ServerResponse } from 'node:http';
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import type { TokenInfo } from '../../core/tokens.ts';
import { isRefused } from './admit.ts';
import { jsonOf, refuse } from './answer.ts';
import type { HttpLimits } from './limits.ts';
import type { Sessions } from './sessions.ts';

/** A batch is answered as one, so that its calls run at once. */
const MOST_MESSAGES = 16;

/** One request to `/mcp`, of a client that is known. */
export async function answerMcp(
  req: IncomingMessage,
  res: ServerResponse,
  bearer: TokenInfo,
  sessions: Sessions,
  limits: HttpLimits,
): Promise<void> {
  const id = req.headers['mcp-session-id'];
  if (Array.isArray(id)) return refuse(res, { status: 400, message: 'two sessions are named' });
  const read = req.method === 'POST' ? await jsonOf(req, limits.bodyBytes) : { body: undefined };
  if (isRefused(read)) return refuse(res, read);
  const messages = Array.isArray(read.body) ? read.body : [read.body];
  if (messages.length > MOST_MESSAGES)
    return refuse(res, { status: 413, message: `a batch of more than ${MOST_MESSAGES} messages` });
  const begins = req.method === 'POST' && id === undefined && messages.some(isInitializeRequest);
  if (!begins && id === undefined)
    return refuse(res, { status: 400, message: 'the header Mcp-Session-Id is missing' });
  const session = begins ? await sessions.begin(bearer) : sessions.find(id ?? '', bearer);
  if (isRefused(session)) return refuse(res, session);
  const busy = messages.some(isCall) ? session.busy() : null;
  if (busy !== null) return refuse(res, busy);
  await session.handle(req, res, read.body);
}

/** An answer to a question of the server is let through however busy the session is. */
const isCall = (message: unknown): boolean =>
  typeof message === 'object' && message !== null && 'method' in message && 'id' in message;
