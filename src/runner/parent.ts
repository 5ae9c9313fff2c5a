import { createInterface } from 'node:readline';
import * as z from 'zod';
import type { Said } from './run.ts';

const SAID = ['approved', 'denied', 'elsewhere', 'interrupted', 'left'] as const satisfies readonly Said[];
const wordSchema = z.object({ action_id: z.string(), said: z.enum(SAID) });

/** The run that started this one, at the other end of standard input. */
export interface Parent {
  /** Ends when it does. */
  readonly signal: AbortSignal;
  /**
   * What the person at its terminal said of a held action. It is only told so: what was approved stands in the state,
   * and nothing that comes this way approves anything.
   */
  person(actionId: string, ends: AbortSignal): Promise<Said>;
}

/** Takes the run's standard input for what its parent says. */
export function openParent(): Parent {
  const gone = new AbortController();
  const waiting = new Map<string, (said: Said) => void>();
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const word = wordSchema.safeParse(parsed(line)).data;
    if (word !== undefined) waiting.get(word.action_id)?.(word.said);
  });
  lines.on('close', () => {
    gone.abort();
    for (const answer of waiting.values()) answer('left');
  });
  return {
    signal: gone.signal,
    async person(id, ends) {
      if (gone.signal.aborted || ends.aborted) return 'left';
      process.stdout.write(`${JSON.stringify({ event: 'asks', action_id: id })}\n`);
      return new Promise((resolve) => {
        waiting.set(id, resolve);
        ends.addEventListener('abort', () => resolve('left'), { once: true });
      });
    },
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
