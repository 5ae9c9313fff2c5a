import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Refused } from './admit.ts';

const ERROR = -32_000;

/** Says no, as JSON-RPC does it where there is no request to answer; what has not been read of the request is not waited for. */
export function refuse(res: ServerResponse, { status, message, headers = {} }: Refused): void {
  const body = JSON.stringify({ jsonrpc: '2.0', error: { code: ERROR, message }, id: null });
  if (res.headersSent) return void res.destroy();
  res.writeHead(status, { 'content-type': 'application/json', connection: 'close', ...headers });
  res.end(body);
}

export function say(res: ServerResponse, status: number, type: string, body: string): void {
  res.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  res.end(body);
}

const JSON_TYPE = /^application\/json\s*(;|$)/i;

/** The JSON that a request carries, at most so many bytes of it. */
export async function jsonOf(req: IncomingMessage, most: number): Promise<{ body: unknown } | Refused> {
  const { headers } = req;
  if (!JSON_TYPE.test(headers['content-type'] ?? ''))
    return { status: 415, message: 'the content type is not application/json' };
  if ((headers['content-encoding'] ?? 'identity') !== 'identity')
    return { status: 415, message: 'the body is to come as it is, without an encoding' };
  const tooLarge = { status: 413, message: `the body has more than ${most} bytes` };
  if (Number(headers['content-length'] ?? 0) > most) return tooLarge;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) return tooLarge;
    chunks.push(chunk);
  }
  try {
    return { body: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown };
  } catch {
    return { status: 400, message: 'the body is not JSON' };
  }
}
