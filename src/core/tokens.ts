/** What a token opens: MCP as an agent, or the numbers of `/metrics`; never both. */
export const TOKEN_SCOPES = ['mcp', 'metrics'] as const;
export type TokenScope = (typeof TOKEN_SCOPES)[number];

/** Who comes with a token. Its name is the client that the record names, as `token:NAME`. */
export interface Bearer {
  readonly name: string;
  readonly card: string | null;
  readonly scope: TokenScope;
}

export interface TokenInfo extends Bearer {
  /** ISO 8601, UTC. */
  readonly created: string;
}

/** Looks at tokens that clients send. */
export interface Tokens {
  /** Null where there is no such token, any more or at all. */
  bearer(token: string): TokenInfo | null;
  /** Whether a token that was good is still so. */
  stands(info: TokenInfo): boolean;
  /** Puts on record that somebody was turned away, and why; what comes too often is counted. */
  refused(why: string, by: Bearer | null): void;
}
