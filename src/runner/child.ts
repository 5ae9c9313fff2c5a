import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunReport } from './report.ts';
import type { RunEvent, Said } from './run.ts';
import type { Worked } from './schedule.ts';

/** The lines that a run prints, as far as its parent knows them. */
type Line = RunEvent | ({ readonly event: 'report' } & RunReport) | { readonly error: Failure };
interface Failure {
  readonly code: string;
  readonly message: string;
}

export interface ChildOptions {
  readonly bin: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly tell: (event: RunEvent) => void;
  /** Null where nobody is asked. */
  readonly person: ((actionId: string, ends: AbortSignal) => Promise<Said>) | null;
  readonly signal: AbortSignal;
}

/** The run before it may still be ending: its server takes 5 s at most. */
const BUSY_TRIES = 30;
const BUSY_PAUSE_MS = 500;
const LAST_WORDS = 500;

/**
 * A run as a process of its own, with a context and a server of its own. It ends when its standard input does, so that
 * it never outlives this process, however that ends; what a person said to its questions comes the same way.
 */
export async function runChild(options: ChildOptions): Promise<Worked> {
  for (let tried = 0; ; tried++) {
    const ended = await attempt(options);
    if (!('busy' in ended)) return ended;
    if (tried >= BUSY_TRIES || options.signal.aborted) return { died: ended.busy };
    await sleep(BUSY_PAUSE_MS);
  }
}

async function attempt({
  bin,
  args,
  cwd,
  env,
  tell,
  person,
  signal,
}: ChildOptions): Promise<Worked | { busy: string }> {
  const child = spawn(process.execPath, [bin, ...args], { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  const end = (): void => void child.stdin.end();
  child.stdin.on('error', () => undefined);
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  // A question of a run that is over is withdrawn.
  const over = new AbortController();
  child.once('exit', () => over.abort());
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-LAST_WORDS)));
  let report: RunReport | null = null;
  let failure: Failure | null = null;
  const closed = once(child, 'close').catch(() => [null, 'it could not be started']) as Promise<
    [number | null, string | null]
  >;
  for await (const text of createInterface({ input: child.stdout })) {
    const line = parsed(text);
    if (line === null) continue;
    if ('error' in line && !('event' in line)) failure = line.error;
    else if (!('event' in line)) continue;
    else if (line.event === 'report') report = line;
    else if (line.event !== 'asks') tell(line);
    else if (person !== null) {
      const { action_id } = line;
      const said = await person(action_id, AbortSignal.any([signal, over.signal]));
      child.stdin.write(`${JSON.stringify({ action_id, said })}\n`);
    }
  }
  const [code, killed] = await closed;
  signal.removeEventListener('abort', end);
  if (report !== null) return { report };
  if (failure?.code === 'resource_busy') return { busy: failure.message };
  return {
    died: failure?.message ?? `its process ended (${killed ?? `code ${code}`}) ${words.trim()}`.trim(),
  };
}

function parsed(text: string): Line | null {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return null;
  }
}
