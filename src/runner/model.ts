import type { JsonSchema } from '../core/json-schema.ts';

/** A call as the model asked for it; `input` is null where its arguments are no JSON object. */
export interface ToolCall {
  readonly id: string;
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>> | null;
}

/** What was said so far, one by one; `raw` is what a backend wants back of its own words. */
export type Turn =
  | { readonly role: 'system' | 'user'; readonly text: string }
  | {
      readonly role: 'model';
      readonly text: string;
      readonly calls: readonly ToolCall[];
      readonly raw?: unknown;
    }
  | { readonly role: 'tool'; readonly call: string; readonly tool: string; readonly text: string };

/** A tool as a model is told of it: one sentence, and what it takes. */
export interface ModelTool {
  readonly name: string;
  readonly description: string;
  readonly input: JsonSchema;
}

/** One turn of the model. */
export interface Reply {
  readonly text: string;
  readonly calls: readonly ToolCall[];
  /** Why it cannot be used, as the model is told; null where it can. */
  readonly fault: string | null;
  readonly raw?: unknown;
  /** Tokens that were read anew, and said. */
  readonly evaluated: number;
  readonly generated: number;
}

export interface ReplyOptions {
  readonly signal: AbortSignal;
  readonly maxTokens: number;
  /** 0 to 2; null leaves it to the backend. */
  readonly temperature: number | null;
  /** For what is drawn by lot; endpoints are not told, since not all of them take it. */
  readonly seed: number;
  readonly onText: (text: string) => void;
}

/** Whatever answers for the card: a model file in a process of its own, or an endpoint. */
export interface Model {
  readonly name: string;
  /** In tokens. */
  readonly context: number;
  count(text: string): Promise<number>;
  /** The tools as this backend tells them to the model, to be counted before a run begins. */
  told(tools: readonly ModelTool[]): string;
  /** Throws `ModelFailure` where nothing can be had from it any more. */
  reply(turns: readonly Turn[], tools: readonly ModelTool[], options: ReplyOptions): Promise<Reply>;
  close(): Promise<void>;
}

/** The model, or what runs it, has failed: the run ends, and nothing else does. */
export class ModelFailure extends Error {
  override readonly name = 'ModelFailure';
  /** Whether it is only that nothing more fits into its context. */
  readonly full: boolean;
  /** What a person can do about it, where that is known. */
  readonly next: string | null;

  constructor(what: string, full = false, next: string | null = null) {
    super(what);
    this.full = full;
    this.next = next;
  }
}

/** An id of a call that every server takes: nine letters and digits. */
export const callId = (turn: number, place: number): string =>
  `call${String(turn).padStart(3, '0')}${String(place).padStart(2, '0')}`;
