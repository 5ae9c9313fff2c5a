import * as z from 'zod';

/**
 * Who asks. It comes from the transport (the command line that started the server, the client's
 * handshake, the operating system), never from tool input.
 */
export const principalSchema = z.object({
  client: z.string(),
  card: z.string().nullable(),
  user: z.string(),
  /** What several connections share the limits of their card in; unless told, all of one user under it. */
  run: z.string().optional(),
  /** The card of whoever handed out the work, beyond which this one reaches nothing either. */
  under: z.string().optional(),
});
export type Principal = z.infer<typeof principalSchema>;

/** One word for a principal, as the audit and the limits name it. */
export function agentName(principal: Principal): string {
  const { client, user, card } = principal;
  return card === null ? `${client}/${user}` : `${card}@${client}/${user}`;
}

/** What a run of a model is named as a client, so that the record tells one from another; nobody else is. */
export const runClient = (run: string): string => `run-${run}`;

/** Where a connection may work: absolute real paths; relative input is resolved against `cwd`. */
export interface Workspace {
  readonly roots: readonly string[];
  readonly cwd: string;
  /** Where a card leaves less of them: the roots as they are without it. What is in these alone is out of reach. */
  readonly beyond?: readonly string[];
  /** Where the client announced less of them: the roots as a person named them, which what is protected is said of. */
  readonly named?: readonly string[];
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
