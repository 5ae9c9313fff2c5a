import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { JsonSchema } from '../core/json-schema.ts';
import type { ModelTool } from './model.ts';
import { firstSentence } from './signature.ts';

/** A report as it comes over the wire. */
export type WireReport = Readonly<Record<string, unknown>>;

/** Whether a tool changes something, and whether it can only show what it would change. */
export interface HandTool extends ModelTool {
  readonly takesDryRun: boolean;
  readonly readsOnly: boolean;
}

/** The server at the other end of a pipe, as an agent has it: nothing but its tools. */
export interface Hands {
  readonly tools: readonly HandTool[];
  call(tool: string, input: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<WireReport>;
  close(): Promise<void>;
}

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Longer than any action may take; the server says that it is at work all the while. */
const LONGEST_MS = 24 * 3600 * 1000;
const SILENCE_MS = 60_000;

/** Starts the server and shakes hands; `name` is what the record will call this client. */
export async function openHands(server: ServerCommand, name: string, version: string): Promise<Hands> {
  const transport = new StdioClientTransport({
    command: server.command,
    args: [...server.args],
    cwd: server.cwd,
    env: { ...server.env },
    stderr: 'inherit',
  });
  const client = new Client({ name, version }, { capabilities: {} });
  await client.connect(transport);
  const { tools } = await client.listTools();
  return {
    tools: tools.map((tool) => ({
      name: tool.name,
      description: firstSentence(tool.description ?? ''),
      input: tool.inputSchema as JsonSchema,
      takesDryRun: 'dry_run' in (tool.inputSchema.properties ?? {}),
      readsOnly: tool.annotations?.readOnlyHint === true,
    })),
    async call(tool, input, signal) {
      const { structuredContent } = await client.callTool(
        { name: tool, arguments: { ...input } },
        undefined,
        {
          // Of its own, since the SDK never takes its listener off again.
          signal: AbortSignal.any([signal]),
          timeout: SILENCE_MS,
          maxTotalTimeout: LONGEST_MS,
          resetTimeoutOnProgress: true,
          onprogress: () => undefined,
        },
      );
      return structuredContent as WireReport;
    },
    close: async () => client.close(),
  };
}
