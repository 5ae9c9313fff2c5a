import type { RequestOptions } from 'node:http';
import type Docker from 'dockerode';

/** What the engine's client calls for every request. */
interface Modem {
  buildRequest(options: RequestOptions, context: object, data: unknown, callback: Callback): void;
}
type Callback = (error: NodeJS.ErrnoException | null, answer: unknown) => void;

/** What is told of a connection that the other end has closed. */
const CLOSED = new Set(['ECONNRESET', 'EPIPE']);

/**
 * Keeps apart what a connection tells that the engine closed at the moment when it was used again: a question is asked
 * once more, on one of its own, and what changes something goes by one of its own at once, as nobody would know whether
 * it was done. One that is silent for `answerMs` is not asked again.
 */
export function steady(docker: Docker, answerMs: number): Docker {
  const modem = docker.modem as unknown as Modem;
  const send = modem.buildRequest.bind(modem);
  modem.buildRequest = (options, context, data, callback) => {
    const alone = { ...options, agent: false } as const;
    if (options.method !== 'GET') {
      send(alone, context, data, callback);
      return;
    }
    const began = performance.now();
    send({ ...options }, context, data, (error, answer) => {
      const isClosed = CLOSED.has(error?.code ?? '') && performance.now() - began < answerMs;
      if (isClosed) send(alone, context, data, callback);
      else callback(error, answer);
    });
  };
  return docker;
}
