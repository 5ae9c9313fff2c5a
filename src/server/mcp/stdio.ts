import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { Gateway } from '../../core/gateway.ts';
import { type McpFace, connectMcp } from './adapter.ts';

/** How long running actions may take to end, and to be recorded, after the client has gone. */
const FAREWELL_MS = 5000;

/** Speaks MCP on standard input and output until the client goes away or the process is asked to end. */
export async function serveStdio(options: Omit<McpFace, 'signal'>): Promise<void> {
  const abort = new AbortController();
  const running = new Set<Promise<unknown>>();
  const gateway: Gateway = {
    ...options.gateway,
    async call(...args) {
      const call = options.gateway.call(...args);
      running.add(call);
      return call.finally(() => running.delete(call));
    },
  };
  await connectMcp({ ...options, gateway, signal: abort.signal }, new StdioServerTransport());
  await gone();
  abort.abort();
  const tooLong = new Promise((resolve) => setTimeout(resolve, FAREWELL_MS).unref());
  await Promise.race([Promise.allSettled(running), tooLong]);
  await options.gateway.close();
}

async function gone(): Promise<void> {
  return new Promise((resolve) => {
    process.stdin.once('end', resolve);
    process.stdin.once('close', resolve);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
    // A client that is gone closes the pipe that answers go to.
    process.stdout.on('error', () => resolve());
  });
}
