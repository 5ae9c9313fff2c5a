import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolRequestSchema,
  ListToolsRequestSchema,
  ErrorCode,
  McpError,
  type RequestId,
  RootsListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { fileURLToPath } from 'node:url';
import { toolSchemas } from '../../core/json-schema.ts';
import type { Report } from '../../core/outcome.ts';
import { type Principal, runClient } from '../../core/principal.ts';
import { askThrough } from './ask.ts';
import { serveCompletions } from './completions.ts';
import { type Line, type McpFace, toolsOf } from './line.ts';
import { serveLogMessages } from './log-messages.ts';
import { servePrompts } from './prompts.ts';
import { serveResources } from './resources.ts';

export type { McpFace } from './line.ts';

const RESERVED = /^(person|cli|homeostat|signal|runner)$/i;

/** Clients give up after 60 s without a word. */
const HEARTBEAT_MS = 5000;
/** A client that only probes has gone by then, and leaves no trace. */
const PREPARE_MS = 1000;
const ROOTS_TIMEOUT_MS = 3000;

export async function connectMcp(face: McpFace, transport: Transport): Promise<Server> {
  const { gateway } = face;
  const server = new Server(
    { name: 'homeostat', title: 'homeostat', version: face.version },
    {
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { listChanged: true, subscribe: true },
        completions: {},
        logging: {},
      },
      instructions: face.prompts.instructions,
    },
  );
  const announced = announcedRoots(server);
  let card = face.card;
  const line: Line = {
    face,
    server,
    card: () => card,
    take: (name) => void (card = name),
    connection: async (within) => ({
      principal: principalOf(server, face, card),
      cwd: face.cwd,
      announced: await announced(within),
      signal: face.signal,
    }),
  };

  const messageOf = serveLogMessages(line);

  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: toolsOf(line).map((tool) => {
      const { input, output } = toolSchemas(tool);
      const { name, title, description, annotations } = tool;
      return {
        name,
        title,
        description,
        inputSchema: { type: 'object' as const, ...input },
        outputSchema: { type: 'object' as const, ...output },
        annotations: { title, ...annotations },
      };
    }),
  }));

  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const token = params._meta?.progressToken;
    let progress = 0;
    const onProgress = (message: string): void => {
      if (token === undefined) return;
      const notification = { progressToken: token, progress: ++progress, message };
      extra
        .sendNotification({ method: 'notifications/progress', params: notification })
        .catch(() => undefined);
    };
    const beating = setInterval(() => onProgress(`${params.name} is still running`), HEARTBEAT_MS);
    try {
      const report = await gateway.call(params.name, params.arguments ?? {}, {
        ...(await line.connection(extra.requestId)),
        signal: AbortSignal.any([extra.signal, face.signal]),
        onProgress,
        ask: askThrough(server, extra.requestId),
      });
      const message = messageOf(params.name, report);
      if (message !== null) await extra.sendNotification(message).catch(() => undefined);
      return toolResult(report);
    } finally {
      clearInterval(beating);
    }
  });

  servePrompts(line);
  serveResources(line);
  serveCompletions(line);

  // What is asked for under another name than a tool's is refused, and on record, like a tool that is not there.
  server.fallbackRequestHandler = async ({ method, params }): Promise<never> => {
    const { signal, cwd } = face;
    const connection = { principal: principalOf(server, face, card), cwd, announced: null, signal };
    // Where it cannot be written nothing is done either.
    await gateway.refuse(method, params, connection).catch(() => undefined);
    throw new McpError(ErrorCode.MethodNotFound, 'Method not found');
  };

  // A client that comes with a token may have no stream yet on which it could be asked for its roots.
  if (face.client === null)
    server.oninitialized = (): void => {
      const prepare = async (): Promise<void> => {
        if (face.signal.aborted) return;
        gateway.prepare(await line.connection());
      };
      setTimeout(() => void prepare(), PREPARE_MS).unref();
    };

  await server.connect(transport);
  return server;
}

function principalOf(
  server: Server,
  { client: known, user, run, under }: McpFace,
  card: string | null,
): Principal {
  const shared = { ...(run === undefined ? {} : { run }), ...(under === undefined ? {} : { under }) };
  if (known !== null) return { client: known, card, user, ...shared };
  const client = server.getClientVersion()?.name ?? 'unknown';
  const name = client.replaceAll(/[^\w.-]+/g, '-').slice(0, 60);
  // Names that the record keeps for a person at a terminal, or for a run, are nobody else's.
  const isTaken = RESERVED.test(name) || (name.startsWith(runClient('')) && name !== runClient(run ?? ''));
  const own = isTaken ? `client-${name}` : name;
  return { client: own, card, user, ...shared };
}

function toolResult(report: Report): {
  content: { type: 'text'; text: string }[];
  structuredContent: Record<string, unknown>;
  isError: boolean;
} {
  return {
    content: [{ type: 'text', text: JSON.stringify(report) }],
    structuredContent: report,
    isError: report.outcome !== 'succeeded' && report.outcome !== 'held',
  };
}

/** The client's roots, asked for once and again when it says that they changed; null where it announces none. */
function announcedRoots(server: Server): (during?: RequestId) => Promise<readonly string[] | null> {
  let asked: Promise<readonly string[] | null> | null = null;
  server.setNotificationHandler(RootsListChangedNotificationSchema, () => {
    asked = null;
  });
  const ask = async (during?: RequestId): Promise<readonly string[] | null> => {
    if (server.getClientCapabilities()?.roots === undefined) return null;
    try {
      const options = during === undefined ? {} : { relatedRequestId: during };
      const { roots } = await server.listRoots(undefined, { timeout: ROOTS_TIMEOUT_MS, ...options });
      const paths = roots
        .filter((root) => root.uri.startsWith('file://'))
        .map((root) => fileURLToPath(root.uri));
      return paths.length > 0 ? paths : null;
    } catch {
      // A client that claims roots and does not answer narrows nothing; the configured roots hold.
      return null;
    }
  };
  return async (during) => (asked ??= ask(during));
}
