import { SubscribeRequestSchema, UnsubscribeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Line } from './line.ts';
import { invalid } from './refused.ts';

const LOOK_MS = 2000;
const MOST = 50;

/** Tells who asked for it that something has changed, whoever changed it; `may`: whether a resource can be read. */
export function serveSubscriptions({ server, face }: Line, may: (uri: string) => boolean): void {
  const subscribed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let before = '';

  const look = async (): Promise<void> => {
    const now = await face.gateway.pulse();
    if (now === before) return;
    before = now;
    for (const uri of subscribed) if (may(uri)) await server.sendResourceUpdated({ uri });
  };
  const rest = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  face.signal.addEventListener('abort', rest, { once: true });

  server.setRequestHandler(SubscribeRequestSchema, async ({ params: { uri } }) => {
    if (!may(uri)) throw invalid(`there is no resource ${uri.slice(0, 200)} that changes`);
    if (subscribed.size >= MOST) throw invalid(`more than ${MOST} subscriptions`);
    if (subscribed.size === 0) before = await face.gateway.pulse();
    subscribed.add(uri);
    // A client that has gone hears nothing; what cannot be looked at now is looked at the next time.
    timer ??= setInterval(() => void look().catch(() => undefined), LOOK_MS).unref();
    return {};
  });

  server.setRequestHandler(UnsubscribeRequestSchema, ({ params: { uri } }) => {
    subscribed.delete(uri);
    if (subscribed.size === 0) rest();
    return {};
  });
}
