import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Asked, RawReply, Told } from './inference.ts';
import { withoutNulls } from './grammar.ts';
import { checkedInput } from './input.ts';
import { callId, type Model, type ModelTool, ModelFailure } from './model.ts';
import { signature } from './signature.ts';

interface Waiting {
  readonly onText: (text: string) => void;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

type Ask = Asked extends infer One ? (One extends Asked ? Omit<One, 'id'> : never) : never;

/** The process of a model: asked by messages; when it dies, whatever was asked of it fails with what it said last. */
export interface Inference {
  ask(ask: Ask, options?: { onText?: (text: string) => void; signal?: AbortSignal }): Promise<unknown>;
  close(): Promise<void>;
}

const LAST_WORDS = 500;
const LONGEST_LOAD_MS = 300_000;
/** So long it may take to leave off; a chat template of a file's own can keep it from hearing that it should. */
const LEAVE_OFF_MS = 5000;

/** Starts `homeostat inference`; `bin` is homeostat's own entry. */
export function startInference(bin: string, env: NodeJS.ProcessEnv): Inference {
  const child: ChildProcess = fork(bin, ['inference'], {
    env,
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const waiting = new Map<number, Waiting>();
  let [next, said, gone] = [0, '', null as string | null];
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (said = (said + chunk).slice(-LAST_WORDS)));
  child.on('message', (told: Told) => {
    const one = waiting.get(told.id);
    if ('text' in told) return one?.onText(told.text);
    waiting.delete(told.id);
    if ('done' in told) one?.resolve(told.done);
    else one?.reject(new ModelFailure(told.failed, told.full, told.next));
  });
  child.on('error', () => undefined);
  child.on('close', (code, signal) => {
    gone = `the process of the model has ended (${signal ?? `code ${code}`})${said.trim() === '' ? '' : `: ${said.trim()}`}`;
    for (const { reject } of waiting.values()) reject(new ModelFailure(gone));
    waiting.clear();
  });
  return {
    async ask(ask, { onText = (): void => undefined, signal } = {}) {
      if (gone !== null) throw new ModelFailure(gone);
      const id = next++;
      let patience: NodeJS.Timeout | undefined;
      const abort = (): void => {
        child.send({ id, ask: 'abort' } satisfies Asked, () => undefined);
        patience = setTimeout(() => child.kill('SIGKILL'), LEAVE_OFF_MS);
      };
      signal?.addEventListener('abort', abort, { once: true });
      try {
        return await new Promise<unknown>((resolve, reject) => {
          waiting.set(id, { onText, resolve, reject });
          child.send({ ...ask, id }, (error) => {
            if (error !== null && gone === null) return;
          });
          if (signal?.aborted === true) abort();
        });
      } finally {
        signal?.removeEventListener('abort', abort);
        clearTimeout(patience);
      }
    },
    async close() {
      if (gone !== null || child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}

interface LlamaOptions {
  readonly bin: string;
  readonly file: string;
  /** In tokens: so many, or as many as the machine and the model allow up to a most. */
  readonly context: number | { readonly max: number };
  readonly env: NodeJS.ProcessEnv;
}

/** A model file. Throws `ModelFailure` where it cannot be loaded. */
export async function openLlama({ bin, file, context, env }: LlamaOptions): Promise<Model> {
  const inference = startInference(bin, env);
  const told = (tools: readonly ModelTool[]): string =>
    ['Tools, with what they take:', ...tools.map(signature), 'What is optional may be null.'].join('\n');
  try {
    // A file that never comes to an end is given up.
    const watch = setTimeout(() => void inference.close(), LONGEST_LOAD_MS);
    const loaded = (await inference
      .ask({ ask: 'load', file, context })
      .finally(() => clearTimeout(watch))) as { context: number };
    return {
      name: file,
      context: loaded.context,
      told,
      count: async (text) => (await inference.ask({ ask: 'count', text })) as number,
      async reply(turns, tools, { signal, onText, maxTokens, temperature, seed }) {
        const [first, ...rest] = turns;
        const system =
          first?.role === 'system' ? [{ ...first, text: `${first.text}\n\n${told(tools)}` }] : [];
        const ask = {
          ask: 'reply' as const,
          turns: [...system, ...(system.length === 0 ? turns : rest)],
          tools: tools.map(({ name, input }) => ({ name, input })),
          maxTokens,
          temperature,
          seed,
        };
        const { calls, ...reply } = (await inference.ask(ask, { onText, signal })) as RawReply;
        return {
          ...reply,
          calls: calls.map(({ tool, params }, place) => {
            const schema = tools.find(({ name }) => name === tool)?.input ?? {};
            return {
              id: callId(turns.length, place),
              tool,
              input: checkedInput(withoutNulls(params, schema)),
            };
          }),
        };
      },
      close: async () => inference.close(),
    };
  } catch (error) {
    await inference.close();
    throw error;
  }
}
