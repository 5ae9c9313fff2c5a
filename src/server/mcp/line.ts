import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { RequestId } from '@modelcontextprotocol/sdk/types.js';
import type { Card } from '../../core/card.ts';
import type { Gateway } from '../../core/gateway.ts';
import type { Connection } from '../../core/principal.ts';
import type { Prompts } from '../../core/prompts.ts';
import type { Tool } from '../../core/tool.ts';

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
  /** What several connections share the limits of the card in. */
  readonly run?: string | undefined;
  /** The card of whoever handed out the work, which narrows the connection's own. */
  readonly under?: string | undefined;
  readonly cwd: string;
  /** Ends every call of this connection. */
  readonly signal: AbortSignal;
}

/** One connection, as the parts of the face see it. */
export interface Line {
  readonly face: McpFace;
  readonly server: Server;
  /** What it works under by now: it is given one at most once. */
  readonly card: () => string | null;
  /** Gives it a card, with nothing that could come between the look and the deed. */
  readonly take: (name: string | null) => void;
  /** `within` is the request that it is asked for: a client that is asked back may have no other stream. */
  readonly connection: (within?: RequestId) => Promise<Connection>;
}

/** What the connection's card leaves of the tools that are offered. */
export function toolsOf({ face, card }: Line): readonly Tool[] {
  const name = card();
  const named = name === null ? null : (face.cards().get(name)?.tools ?? []);
  return face.gateway.tools().filter((tool) => named?.includes(tool.name) ?? true);
}
