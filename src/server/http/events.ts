import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { HttpLimits } from './limits.ts';

interface Event {
  readonly id: string;
  readonly stream: string;
  readonly message: JSONRPCMessage;
  readonly bytes: number;
}

/** The last messages of one session, so that a client whose connection broke is sent what it missed. */
export function recentEvents({
  events: most,
  eventBytes,
}: Pick<HttpLimits, 'events' | 'eventBytes'>): EventStore {
  const kept: Event[] = [];
  let [bytes, count] = [0, 0];
  const at = (id: string): Event | undefined => kept.find((event) => event.id === id);
  return {
    async storeEvent(stream, message) {
      const event = { id: `${++count}`, stream, message, bytes: JSON.stringify(message).length };
      kept.push(event);
      bytes += event.bytes;
      // The newest stays, however large it is.
      while (kept.length > 1 && (kept.length > most || bytes > eventBytes)) bytes -= kept.shift()?.bytes ?? 0;
      return event.id;
    },
    getStreamIdForEventId: async (id) => at(id)?.stream,
    async replayEventsAfter(id, { send }) {
      const last = at(id);
      if (last === undefined) throw new Error('what came after that event is not kept any more');
      for (const event of kept.slice(kept.indexOf(last) + 1))
        // A first event without content only tells where a stream begins.
        if (event.stream === last.stream && 'jsonrpc' in event.message) await send(event.id, event.message);
      return last.stream;
    },
  };
}
