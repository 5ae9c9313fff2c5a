import { HomeostatError } from '../core/errors.ts';
import { serveHttp } from '../server/http/serve.ts';
import type { App } from '../app.ts';
import type { McpFace } from '../server/mcp/adapter.ts';

const PORT = 7433;

/** A port, as a person says it; 0 for any that is free. */
export function portOf(text: string | undefined): number {
  const port = Number(text ?? PORT);
  if (/^\d{1,5}$/.test(text ?? `${PORT}`) && port <= 65_535) return port;
  throw new HomeostatError('invalid_input', `--port ${text}: a number from 0 to 65535`);
}

/** Serves clients over HTTP until the process is asked to end. */
export async function serveOverHttp(
  app: App,
  mcp: Omit<McpFace, 'signal' | 'card' | 'client'>,
  { host, port }: { host: string; port: number },
): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
  // Opened now: a person starts this and reads what is wrong, and nobody comes without a token.
  const monitor = await app.monitor(true);
  // Only who is asked for the numbers waits for what writes them.
  const page = lazily(async () => {
    const { metricsPage } = await import('../server/http/metrics.ts');
    return metricsPage(monitor, mcp.version);
  });
  const server = await serveHttp({
    mcp,
    tokens: await app.tokens(),
    metrics: async () => (await page())(),
    ready: async () => monitor.ready(),
    host,
    port,
  });
  process.stderr.write(`homeostat: http://${host.includes(':') ? `[${host}]` : host}:${server.port}/mcp\n`);
  await ended;
  await server.close();
  await app.gateway.close();
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
