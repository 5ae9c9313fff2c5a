import { availableParallelism } from 'node:os';
import { HomeostatError } from '../core/errors.ts';
import type { JsonSchema } from '../core/json-schema.ts';
import { forGrammar } from './grammar.ts';
import type { Turn } from './model.ts';
import {
  type Chat,
  type ChatFunctions,
  type HistoryItem,
  type LlamaModel,
  type NodeLlama,
  type Sequence,
  loadNodeLlama,
} from './node-llama.ts';

/** A context in tokens: so many, or as many as fit. */
type Wanted = number | { readonly max: number };

/** What the process of a model is asked, and what it answers; `id` ties the two. */
export type Asked =
  | { readonly id: number; readonly ask: 'load'; readonly file: string; readonly context: Wanted }
  | { readonly id: number; readonly ask: 'info'; readonly file: string }
  | { readonly id: number; readonly ask: 'count'; readonly text: string }
  | {
      readonly id: number;
      readonly ask: 'reply';
      readonly turns: readonly Turn[];
      readonly tools: readonly { name: string; input: JsonSchema }[];
      readonly maxTokens: number;
      readonly temperature: number | null;
      readonly seed: number;
    }
  | { readonly id: number; readonly ask: 'abort' };

export type Told =
  | { readonly id: number; readonly text: string }
  | { readonly id: number; readonly done: unknown }
  | { readonly id: number; readonly failed: string; readonly next: string | null; readonly full: boolean };

/** What a step of the model gives, before its parameters are looked at. */
export interface RawReply {
  readonly text: string;
  readonly calls: readonly { tool: string; params: unknown }[];
  readonly fault: string | null;
  readonly raw: RawTurn;
  readonly evaluated: number;
  readonly generated: number;
}
interface RawTurn {
  readonly elements: readonly unknown[];
  readonly calls: readonly unknown[];
}

interface Loaded {
  readonly model: LlamaModel;
  readonly context: number;
  readonly sequence: Sequence;
  readonly chat: Chat;
}

class ContextFull extends Error {}

/** `homeostat inference`: one model in a process of its own, since a malformed file ends the process that loads it. */
export function serveInference(): void {
  const send = (told: Told): void => void process.send?.(told);
  let loaded: Loaded | null = null;
  const running = new Map<number, AbortController>();
  process.on('disconnect', () => process.exit());
  process.on('message', (asked: Asked) => {
    if (asked.ask === 'abort') {
      running.get(asked.id)?.abort();
      return;
    }
    const abort = new AbortController();
    running.set(asked.id, abort);
    const work = async (): Promise<unknown> => {
      if (asked.ask === 'info') return infoOf(asked.file);
      if (asked.ask === 'load') {
        loaded = await load(asked.file, asked.context);
        return { context: loaded.context, wrapper: loaded.chat.chatWrapper.wrapperName };
      }
      if (loaded === null) throw new Error('no model is loaded');
      if (asked.ask === 'count') return loaded.model.tokenize(asked.text).length;
      return reply(loaded, asked, abort.signal, (text) => send({ id: asked.id, text }));
    };
    work()
      .then(
        (done) => send({ id: asked.id, done }),
        (error: unknown) =>
          send({
            id: asked.id,
            failed: error instanceof Error ? error.message : String(error),
            next: error instanceof HomeostatError ? error.next : null,
            full: error instanceof ContextFull,
          }),
      )
      .finally(() => running.delete(asked.id));
  });
}

async function infoOf(file: string): Promise<unknown> {
  const { readGgufFileInfo } = await loadNodeLlama(process.env);
  const { version, metadata, totalTensorCount } = await readGgufFileInfo(file, {
    logWarnings: false,
    sourceType: 'filesystem',
  });
  const general = metadata['general'] ?? {};
  const architecture = String(general['architecture']);
  const own = metadata[architecture] ?? {};
  const tokenizer = (metadata['tokenizer'] ?? {}) as Record<string, unknown>;
  return {
    gguf: version,
    name: plain(general['name']),
    architecture,
    context: plain(own['context_length']),
    layers: plain(own['block_count']),
    tensors: totalTensorCount,
    chat_template: typeof tokenizer['chat_template'] === 'string',
  };
}

/** A file may have anything under a name: lists, whole numbers that JSON lacks. */
function plain(value: unknown): string | number | null {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}

async function load(file: string, context: Wanted): Promise<Loaded> {
  const { getLlama, LlamaChat }: NodeLlama = await loadNodeLlama(process.env);
  // Threads wait for one another by spinning: one more than there are free cores makes it forty times slower.
  const maxThreads = Math.max(1, availableParallelism() - 1);
  const llama = await getLlama({ gpu: 'auto', build: 'never', logLevel: 'error', maxThreads });
  const model = await llama.loadModel({ modelPath: file, gpuLayers: 'auto' });
  const most = model.trainContextSize;
  const contextSize = typeof context === 'number' ? context : { max: Math.min(most, context.max) };
  const made = await model.createContext({ contextSize });
  const sequence = made.getSequence();
  return { model, context: made.contextSize, sequence, chat: new LlamaChat({ contextSequence: sequence }) };
}

async function reply(
  { model, context, sequence, chat }: Loaded,
  { turns, tools, maxTokens, temperature, seed }: Extract<Asked, { ask: 'reply' }>,
  signal: AbortSignal,
  onTextChunk: (text: string) => void,
): Promise<RawReply> {
  const functions: ChatFunctions = Object.fromEntries(
    tools.map(({ name, input }) => [name, { params: forGrammar(input) }]),
  );
  const history = historyOf(turns);
  const shape = { availableFunctions: functions, documentFunctionParams: false };
  const { contextText } = chat.chatWrapper.generateContextState({ chatHistory: history, ...shape });
  const filled = contextText.tokenize(model.tokenizer).length;
  if (filled + maxTokens > context)
    throw new ContextFull(
      `the context of ${context} tokens is full: ${filled} are taken, and an answer needs ${maxTokens}`,
    );
  const before = sequence.tokenMeter.getState();
  const used = (): { evaluated: number; generated: number } => {
    const { usedInputTokens, usedOutputTokens } = sequence.tokenMeter.diff(before);
    return { evaluated: usedInputTokens, generated: usedOutputTokens };
  };
  const known =
    history.at(-1)?.type === 'model' ? (history.at(-1) as { response: unknown[] }).response.length : 0;
  try {
    const sampling = temperature === null ? { seed } : { seed, temperature };
    const options = { functions, documentFunctionParams: false, maxParallelFunctionCalls: 1, ...sampling };
    const result = await chat.generateResponse(history, { ...options, maxTokens, signal, onTextChunk });
    const last = result.lastEvaluation.cleanHistory.at(-1);
    const elements = last?.type === 'model' ? last.response.slice(known) : [];
    const calls = result.functionCalls ?? [];
    return {
      text: result.response,
      calls: calls.map(({ functionName, params }) => ({ tool: functionName, params: params ?? {} })),
      fault: result.metadata.stopReason === 'maxTokens' ? 'it was cut short: too long' : null,
      raw: { elements, calls: calls.map(({ raw }) => raw) },
      ...used(),
    };
  } catch (error) {
    // What the grammar let through and its own check does not: the model is told, and tries again.
    const name = error instanceof Error ? error.constructor.name : '';
    if (signal.aborted || !/Validation|Syntax/.test(name)) throw error;
    const fault = error instanceof Error ? error.message : String(error);
    return { text: '', calls: [], fault, raw: { elements: [], calls: [] }, ...used() };
  }
}

/** The turns as node-llama-cpp has them: what the model says between two words of a person is one item. */
function historyOf(turns: readonly Turn[]): HistoryItem[] {
  const history: HistoryItem[] = [];
  const results = new Map(
    turns.flatMap((turn) => (turn.role === 'tool' ? [[turn.call, turn.text] as const] : [])),
  );
  for (const turn of turns) {
    if (turn.role === 'tool') continue;
    if (turn.role !== 'model') {
      history.push({ type: turn.role, text: turn.text });
      continue;
    }
    let last = history.at(-1);
    if (last?.type !== 'model') history.push((last = { type: 'model', response: [] }));
    const raw = turn.raw as RawTurn | undefined;
    last.response.push(...(raw?.elements ?? [turn.text]));
    turn.calls.forEach(({ id, tool, input }, place) => {
      const rawCall = raw?.calls[place];
      const result = results.get(id) ?? 'no answer';
      last.response.push({
        type: 'functionCall',
        name: tool,
        params: input ?? {},
        result,
        ...(rawCall === undefined ? {} : { rawCall }),
      });
    });
  }
  if (history.at(-1)?.type !== 'model') history.push({ type: 'model', response: [] });
  return history;
}
