import { type IncomingHttpHeaders, type ServerResponse, createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly headers: IncomingHttpHeaders;
  readonly body: {
    readonly messages: readonly Record<string, unknown>[];
    readonly tools: readonly unknown[];
  };
}

/** What the endpoint does with one request. */
export type Turn = (response: ServerResponse, asked: Asked) => void;

export interface Endpoint {
  readonly url: string;
  readonly asked: Asked[];
  close(): Promise<void>;
}

/** An endpoint of OpenAI's kind that does what it is told, one turn for each request; the last one again and again. */
export async function endpoint(turns: readonly Turn[]): Promise<Endpoint> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      const one = { headers: request.headers, body: JSON.parse(text) as Asked['body'] };
      asked.push(one);
      (turns[asked.length - 1] ?? turns.at(-1))?.(response, one);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    asked,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A stream of pieces, each a chat completion chunk; `end` is the reason that it ends with, null where it is cut short. */
export function stream(deltas: readonly object[], end: string | null = 'stop'): Turn {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const delta of deltas) response.write(`data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`);
    if (end === null) {
      response.destroy();
      return;
    }
    response.write(`data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: end }] })}\r\n\r\n`);
    response.end('data: [DONE]\n\n');
  };
}

export const saying = (text: string): Turn => stream([{ content: text }]);

/** A call whose name and arguments come in pieces, as servers send them. */
export function calling(tool: string, input: object | string, id = 'x'): Turn {
  const text = typeof input === 'string' ? input : JSON.stringify(input);
  const half = Math.floor(text.length / 2);
  const piece = (part: object, more: object = {}): object => ({
    tool_calls: [{ index: 0, ...more, function: part }],
  });
  const pieces = [
    piece({ name: tool, arguments: '' }, { id, type: 'function' }),
    piece({ arguments: text.slice(0, half) }),
    piece({ arguments: text.slice(half) }),
  ];
  return stream(pieces, 'tool_calls');
}

export const failing =
  (status: number, headers: Record<string, string> = {}): Turn =>
  (response) =>
    void response.writeHead(status, headers).end(JSON.stringify({ error: { message: 'not now' } }));
