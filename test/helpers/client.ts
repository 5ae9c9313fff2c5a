import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import {
  ElicitRequestSchema,
  type ElicitResult,
  ListRootsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PACKAGE_ROOT } from '../../src/app.ts';
import { needSandbox } from './needs.ts';
import type { Scratch } from './scratch.ts';

export const BIN = join(PACKAGE_ROOT, 'dist', 'main.js');

/** A report as JSON; tests look into it freely. */
export type Answer = Record<string, unknown> & {
  outcome: string;
  result: Record<string, unknown> | null;
  error: { code: string; message: string; next: string } | null;
  action_id?: string;
  snapshot_id?: string;
};

export interface Connected {
  readonly client: Client;
  readonly pid: number;
  /** Calls a tool and answers its structured content. */
  call(name: string, input?: Record<string, unknown>): Promise<Answer>;
  /** Waits for a person's word on a held action, and answers that action's own report. */
  wait(id: string, seconds?: number): Promise<Answer>;
  close(): Promise<void>;
}

interface ConnectOptions {
  readonly cwd?: string;
  /** Folders that the client announces. */
  readonly announced?: string[];
  readonly command?: string[];
  /** What the client calls itself. */
  readonly name?: string;
  /** The person at the client’s form; without it the client has none. */
  readonly form?: (message: string) => ElicitResult | Promise<ElicitResult>;
}

/** The built package as a server of its own, with the SDK's client at the other end of its pipes. */
export async function connect(
  place: Scratch,
  args: string[] = [],
  {
    cwd = place.root,
    announced,
    command = [BIN, 'serve', '--stdio'],
    name: clientName = 'test-client',
    form,
  }: ConnectOptions = {},
): Promise<Connected> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [...command, ...args],
    cwd,
    env: place.env as Record<string, string>,
    stderr: 'pipe',
  });
  const capabilities = {
    ...(announced === undefined ? {} : { roots: {} }),
    ...(form === undefined ? {} : { elicitation: {} }),
  };
  const client = new Client({ name: clientName, version: '1.0.0' }, { capabilities });
  if (announced !== undefined) {
    const roots = announced.map((path) => ({ uri: pathToFileURL(path).href }));
    client.setRequestHandler(ListRootsRequestSchema, () => ({ roots }));
  }
  if (form !== undefined)
    client.setRequestHandler(ElicitRequestSchema, async ({ params }) => form(params.message));
  await client.connect(transport);
  const call = async (name: string, input: Record<string, unknown> = {}): Promise<Answer> => {
    needSandbox(name, input, place.env);
    const result = await client.callTool({ name, arguments: input });
    return result.structuredContent as Answer;
  };
  return {
    client,
    pid: transport.pid ?? 0,
    call,
    async wait(id, seconds = 30) {
      const { result } = await call('wait_for_approval', { action_id: id, wait_seconds: seconds });
      return result?.['report'] as Answer;
    },
    close: async () => client.close(),
  };
}
