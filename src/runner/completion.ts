import * as z from 'zod';
import { checkedInput } from './input.ts';
import { callId, type Reply, type ToolCall } from './model.ts';

/** Less than nothing would give a run back what it has used. */
const tokens = z.number().nonnegative().catch(0);
const usageSchema = z.object({ prompt_tokens: tokens, completion_tokens: tokens });
const callSchema = z.object({
  index: z.number().optional(),
  id: z.string().nullish(),
  function: z
    .object({
      name: z.string().nullish(),
      // Some servers send the object itself.
      arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
    })
    .optional(),
});
const deltaSchema = z.object({ content: z.string().nullish(), tool_calls: z.array(callSchema).nullish() });

/** What of a chat completion, or of a piece of one, is read; servers send much else. */
const pieceSchema = z.object({
  choices: z
    .array(
      z.object({
        delta: deltaSchema.optional(),
        message: deltaSchema.optional(),
        finish_reason: z.string().nullish(),
      }),
    )
    .default([]),
  usage: usageSchema.nullish(),
  error: z.unknown().optional(),
});

/** Puts the pieces of one answer together; a call's name and arguments may come in many. */
export class Completion {
  #text = '';
  #finish: string | null = null;
  #usage: { evaluated: number; generated: number } | null = null;
  readonly #calls = new Map<number, { name: string; text: string }>();

  /** Takes one piece; gives the text that it adds. Throws where it is none. */
  add(data: string): string {
    const piece = pieceSchema.parse(JSON.parse(data));
    if (piece.error !== undefined && piece.error !== null)
      throw new Error(JSON.stringify(piece.error).slice(0, 300));
    if (piece.usage) {
      this.#usage = { evaluated: piece.usage.prompt_tokens, generated: piece.usage.completion_tokens };
    }
    const [choice] = piece.choices;
    if (choice === undefined) return '';
    this.#finish = choice.finish_reason ?? this.#finish;
    const delta = choice.delta ?? choice.message ?? {};
    for (const [place, call] of (delta.tool_calls ?? []).entries()) this.#addCall(call, place);
    const text = delta.content ?? '';
    this.#text += text;
    return text;
  }

  #addCall({ index, function: part }: z.infer<typeof callSchema>, place: number): void {
    const key = index ?? place;
    const call = this.#calls.get(key) ?? { name: '', text: '' };
    const words = part?.arguments ?? '';
    this.#calls.set(key, {
      name: call.name + (part?.name ?? ''),
      text: call.text + (typeof words === 'string' ? words : JSON.stringify(words)),
    });
  }

  /** Whether the server said that this is the end: a stream that only stops was cut short. */
  get ended(): boolean {
    return this.#finish !== null;
  }

  /** The answer; the ids of its calls are ours and not the server’s. */
  reply(turn: number, sent: number): Reply {
    const said =
      this.#text.length + [...this.#calls.values()].reduce((sum, { text }) => sum + text.length, 0);
    const usage = this.#usage ?? { evaluated: sent, generated: Math.ceil(said / 3) };
    const cut = this.#finish === 'length';
    const calls = cut
      ? []
      : [...this.#calls.values()].map(({ name, text }, place): ToolCall => ({
          id: callId(turn, place),
          tool: name,
          input: argumentsOf(text),
        }));
    return { text: this.#text, calls, fault: cut ? 'it was cut short: too long' : null, ...usage };
  }
}

/** Arguments are text that should be JSON; no text stands for none. */
function argumentsOf(text: string): Record<string, unknown> | null {
  try {
    return checkedInput(text.trim() === '' ? {} : JSON.parse(text));
  } catch {
    return null;
  }
}
