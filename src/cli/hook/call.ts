import type { HookAnswer, HookRequest } from '../../core/hook.ts';

/** One start of the hook: what it was started with, and what the client wrote to its standard input. */
export interface HookCall {
  readonly client: string;
  /** Options after the client's name. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly input: string;
}

/** What the hook says to the client and ends with. */
export interface Said {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** The published form of a client's hooks. */
export interface Vendor {
  /** What the client is about to do. Throws where that cannot be told. */
  request(call: HookCall): HookRequest;
  /** The answer to an input that could be read. */
  say(call: HookCall, answer: HookAnswer): Said;
  /** A refusal in the strongest form there is, for an input that could not be read. */
  refuse(reason: string): Said;
}
