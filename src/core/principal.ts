import * as z from 'zod';

/**
 * Who asks. It comes from the transport (the command line that started the server, the client's
 * handshake, the operating system), never from tool input.
 */
export const principalSchema = z.object({
  client: z.string(),
  card: z.string().nullable(),
  user: z.string(),
});
export type Principal = z.infer<typeof principalSchema>;

/** One word for a principal, as the audit and the limits name it. */
export function agentName(principal: Principal): string {
  const { client, user, card } = principal;
  return card === null ? `${client}/${user}` : `${card}@${client}/${user}`;
}

/** Where a connection may work: absolute real paths; relative input is resolved against `cwd`. */
export interface Workspace {
  readonly roots: readonly string[];
  readonly cwd: string;
}

/** What the person at a client said to a question; `nothing` where the form was closed, declined or never shown. */
export type Answer =
  { readonly said: 'approve' | 'deny'; readonly reason: string | null } | { readonly said: 'nothing' };

/** Puts a question to the person at the client, through the client's own form. */
export type AskPerson = (question: string, ms: number, signal: AbortSignal) => Promise<Answer>;

/** What a face knows of whoever is at its other end. */
export interface Connection {
  readonly principal: Principal;
  /** The folder that the client works in. */
  readonly cwd: string;
  /** Folders that the client announced as its own; null where it announced none. They narrow, never widen. */
  readonly announced: readonly string[] | null;
  /** A person who only looks needs no folder to work in: without a root, queries see none. */
  readonly looksAnywhere?: boolean;
  readonly signal: AbortSignal;
  readonly onProgress?: ((message: string) => void) | undefined;
  /** Undefined where the client has no form to ask with. */
  readonly ask?: AskPerson | undefined;
}

/** A connection whose workspace has been decided: what the guards work with. */
export interface Caller {
  readonly principal: Principal;
  readonly workspace: Workspace;
  readonly signal: AbortSignal;
  readonly onProgress?: ((message: string) => void) | undefined;
  /** Undefined where the client has no form to ask with. */
  readonly ask?: AskPerson | undefined;
}
