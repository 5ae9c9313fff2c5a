import type { Verdict } from './outcome.ts';
import type { Level } from './risk.ts';

/** What is done to a file by a client's own tool; `edit` replaces a part of it. */
export type HookChange = 'read' | 'write' | 'edit' | 'delete';

/** What a client's own tool is about to do, in no vendor's words. */
export interface HookRequest {
  /** The client's name, as the audit has it. */
  readonly client: string;
  /** The tool's name, as the vendor has it. */
  readonly tool: string;
  /** Absolute; where the tool would run. */
  readonly cwd: string;
  /** The folder that the client was opened on; it is the root where none is configured. */
  readonly project: string;
  readonly lines: readonly string[];
  readonly touches: readonly { readonly path: string; readonly change: HookChange }[];
  /** What goes on record; never a file's content. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Whether the client would put a question to a person; where it would not, a question is a refusal. */
  readonly canAsk: boolean;
  /** Why homeostat cannot tell what the tool does; null where it can. */
  readonly unclear: string | null;
}

export interface HookAnswer {
  readonly verdict: Verdict;
  /** For the person and the agent, on one line, with nothing hidden in it. */
  readonly reason: string;
  readonly level: Level | null;
}

/** Where a hook's configuration is looked for, and what was named beside it. */
export interface HookSettings {
  readonly config: string | undefined;
  readonly roots: readonly string[];
  readonly configHome: string | undefined;
}

/** Decides about what clients' own tools do, and records it; nothing is answered that is not on record. */
export interface Hooks {
  answer(request: HookRequest, settings: HookSettings): HookAnswer;
  /** Records what could not be understood; the answer is a refusal. */
  refuse(client: string, tool: string, why: string): HookAnswer;
  close(): void;
}
