import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListToolsRequestSchema,
  McpError,
  type RequestId,
  RootsListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { fileURLToPath } from 'node:url';
import type { Card, Prompts } from '../../core/card.ts';
import type { Gateway } from '../../core/gateway.ts';
import { toolSchemas } from '../../core/json-schema.ts';
import type { Report } from '../../core/outcome.ts';
import type { Principal } from '../../core/principal.ts';
import { askThrough } from './ask.ts';

/** Everything that this protocol line's SDK is used for; a later line is one more file like this. */
export interface McpFace {
  readonly gateway: Gateway;
  readonly cards: () => ReadonlyMap<string, Card>;
  readonly prompts: Prompts;
  readonly version: string;
  readonly card: string | null;
  /** What the record calls the client; null where its own word in the handshake is taken. */
  readonly client: string | null;
  readonly user: string;
  readonly cwd: string;
  /** Ends every call of this connection. */
  readonly signal: AbortSignal;
}

const RESERVED = /^(person|cli|homeostat|signal)$/i;

/** Clients give up after 60 s without a word. */
const HEARTBEAT_MS = 5000;
/** A client that only probes has gone by then, and leaves no trace. */
const PREPARE_MS = 1000;
const ROOTS_TIMEOUT_MS = 3000;

export async function connectMcp(face: McpFace, transport: Transport): Promise<Server> {
  const { gateway, cards } = face;
  const server = new Server(
    { name: 'homeostat', title: 'homeostat', version: face.version },
    { capabilities: { tools: {}, prompts: {} }, instructions: face.prompts.instructions },
  );
  const announced = announcedRoots(server);

  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: toolsOf(face).map((tool) => {
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
        principal: principalOf(server, face),
        cwd: face.cwd,
        announced: await announced(extra.requestId),
        signal: AbortSignal.any([extra.signal, face.signal]),
        onProgress,
        ask: askThrough(server, extra.requestId),
      });
      return toolResult(report);
    } finally {
      clearInterval(beating);
    }
  });

  server.setRequestHandler(ListPromptsRequestSchema, () => ({
    prompts: [...cards().values()].map(({ name, title, description }) => ({
      name,
      title,
      description,
      arguments: [{ name: 'goal', description: 'What is to be achieved', required: true }],
    })),
  }));

  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => {
    const card = cards().get(params.name);
    if (card === undefined) throw new McpError(ErrorCode.InvalidParams, `there is no prompt ${params.name}`);
    const goal = params.arguments?.['goal'];
    if (goal === undefined)
      throw new McpError(ErrorCode.InvalidParams, `${params.name} needs the argument goal`);
    const text = face.prompts.card(card, goal);
    return {
      description: card.description,
      messages: [{ role: 'user' as const, content: { type: 'text' as const, text } }],
    };
  });

  // What is asked for under another name than a tool's is refused, and on record, like a tool that is not there.
  server.fallbackRequestHandler = async ({ method, params }): Promise<never> => {
    const { signal, cwd } = face;
    const connection = { principal: principalOf(server, face), cwd, announced: null, signal };
    // Where it cannot be written nothing is done either.
    await gateway.refuse(method, params, connection).catch(() => undefined);
    throw new McpError(ErrorCode.MethodNotFound, 'Method not found');
  };

  // A client that comes with a token may have no stream yet on which it could be asked for its roots.
  if (face.client === null)
    server.oninitialized = (): void => {
      const prepare = async (): Promise<void> => {
        if (face.signal.aborted) return;
        const principal = principalOf(server, face);
        gateway.prepare({ principal, cwd: face.cwd, announced: await announced(), signal: face.signal });
      };
      setTimeout(() => void prepare(), PREPARE_MS).unref();
    };

  await server.connect(transport);
  return server;
}

function toolsOf({ gateway, cards, card }: McpFace): ReturnType<Gateway['tools']> {
  const named = card === null ? null : cards().get(card)?.tools;
  return gateway.tools().filter((tool) => named?.includes(tool.name) ?? true);
}

function principalOf(server: Server, { card, client: known, user }: McpFace): Principal {
  if (known !== null) return { client: known, card, user };
  const client = server.getClientVersion()?.name ?? 'unknown';
  const name = client.replaceAll(/[^\w.-]+/g, '-').slice(0, 60);
  // Names that the record keeps for a person at a terminal are nobody else's.
  return { client: RESERVED.test(name) ? `client-${name}` : name, card, user };
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
