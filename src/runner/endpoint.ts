import { setTimeout as sleep } from 'node:timers/promises';
import { HomeostatError } from '../core/errors.ts';
import { Completion } from './completion.ts';
import { type Model, ModelFailure, type ModelTool, type Reply, type Turn } from './model.ts';
import { events, textOf } from './sse.ts';

export interface EndpointOptions {
  /** Up to and with the version: `http://127.0.0.1:11434/v1`. */
  readonly url: string;
  readonly model: string;
  /** In tokens, as the endpoint was set up; it cannot be asked for it. */
  readonly context: number;
  /** Sent as a bearer token, and never written down. */
  readonly key: string | null;
  /** How long nothing at all may come. */
  readonly silenceMs: number;
}

const TRIES = 4;
/** Between tries where the endpoint names no time of its own; doubled each time. */
const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;
const MOST_BYTES = 16 * 1024 * 1024;
/** Of why it refuses. */
const MOST_SAID = 64 * 1024;

/** Worth another try: too much asked of it, or a fault of its own. */
class Again extends Error {
  readonly afterMs: number | null;
  constructor(what: string, afterMs: number | null = null) {
    super(what);
    this.afterMs = afterMs;
  }
}

const unkeyed = (text: string, key: string | null): string =>
  key === null || key === '' ? text : text.replaceAll(key, '[key]');

const estimate = (text: string): number => Math.ceil(text.length / 3);

/** Any endpoint that speaks OpenAI's chat completions: Ollama, llama.cpp, vLLM, LM Studio and others. */
export function openEndpoint(options: EndpointOptions): Model {
  const url = endpointUrl(options.url);
  const told = (tools: readonly ModelTool[]): string => JSON.stringify(tools.map(functionOf));
  return {
    name: `${options.model} at ${url.host}`,
    context: options.context,
    told,
    count: async (text) => estimate(text),
    async reply(turns, tools, { signal, maxTokens, temperature, onText }) {
      const body = JSON.stringify({
        model: options.model,
        messages: turns.map(messageOf),
        tools: tools.map(functionOf),
        max_tokens: maxTokens,
        ...(temperature === null ? {} : { temperature }),
        stream: true,
        stream_options: { include_usage: true },
      });
      for (let tried = 1; ; tried++) {
        try {
          return await once(url, body, options, turns.length, signal, onText);
        } catch (error) {
          if (signal.aborted) throw signal.reason;
          // An endpoint may say the key back.
          const what = unkeyed(error instanceof Error ? error.message : String(error), options.key);
          if (!(error instanceof Again) || tried === TRIES) throw new ModelFailure(`${url.host}: ${what}`);
          await sleep(Math.min(error.afterMs ?? PAUSE_MS * 2 ** tried, LONGEST_PAUSE_MS), undefined, {
            signal,
          });
        }
      }
    },
    close: async () => undefined,
  };
}

function endpointUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new HomeostatError('invalid_input', `${text} is no http or https URL without a password in it`);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/chat/completions`;
  return url;
}

/** One try. Nothing of a try that failed is kept, so that no call of it is ever carried out. */
async function once(
  url: URL,
  body: string,
  { key, silenceMs }: EndpointOptions,
  turn: number,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<Reply> {
  const silence = new AbortController();
  const watch = setTimeout(() => silence.abort(), silenceMs);
  const headers = {
    'content-type': 'application/json',
    ...(key === null ? {} : { authorization: `Bearer ${key}` }),
  };
  try {
    const ends = AbortSignal.any([signal, silence.signal]);
    // A redirect would carry the conversation elsewhere.
    const answer = await fetch(url, { method: 'POST', headers, body, signal: ends, redirect: 'error' });
    if (!answer.ok) await refused(answer);
    if (answer.body === null) throw new Again('it sent nothing');
    const completion = new Completion();
    if (!/event-stream/.test(answer.headers.get('content-type') ?? '')) {
      onText(completion.add(await textOf(answer.body, MOST_BYTES)));
    } else {
      for await (const data of events(answer.body, MOST_BYTES)) {
        watch.refresh();
        if (data === '[DONE]') break;
        onText(completion.add(data));
      }
    }
    if (!completion.ended) throw new Again('its answer was cut short');
    return completion.reply(turn, estimate(body));
  } catch (error) {
    if (error instanceof Again || error instanceof ModelFailure || signal.aborted) throw error;
    if (silence.signal.aborted) throw new Again(`it said nothing for ${silenceMs / 1000} s`);
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    throw new Again(`${error instanceof Error ? error.message : String(error)}${cause}`);
  } finally {
    clearTimeout(watch);
  }
}

async function refused(answer: Response): Promise<never> {
  const said = await textOf(answer.body ?? [], MOST_SAID).catch(() => '');
  const what = `HTTP ${answer.status} ${said.slice(0, 300)}`.trim();
  if (answer.status === 429 || answer.status === 408 || answer.status >= 500)
    throw new Again(what, pauseOf(answer.headers.get('retry-after')));
  throw new ModelFailure(what);
}

/** Retry-After: seconds, or a date. */
function pauseOf(header: string | null): number | null {
  if (header === null) return null;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

const functionOf = ({ name, description, input }: ModelTool): object => ({
  type: 'function',
  function: { name, description, parameters: input },
});

function messageOf(turn: Turn): object {
  if (turn.role === 'tool') return { role: 'tool', tool_call_id: turn.call, content: turn.text };
  if (turn.role !== 'model') return { role: turn.role, content: turn.text };
  if (turn.calls.length === 0) return { role: 'assistant', content: turn.text };
  const calls = turn.calls.map(({ id, tool, input }) => ({
    id,
    type: 'function',
    function: { name: tool, arguments: JSON.stringify(input ?? {}) },
  }));
  return { role: 'assistant', content: turn.text, tool_calls: calls };
}
