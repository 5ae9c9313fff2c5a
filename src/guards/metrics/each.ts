import type { Engine } from '../../core/engine.ts';
import type { Running, Values } from '../../core/metrics.ts';
import { soon } from './soon.ts';

/** An engine is asked about so many containers at once and no more. */
const AT_ONCE = 8;
/** An engine elsewhere tells of no more at a look. */
const MOST_ASKED = 50;
/** How often one was started anew is asked of no more at a look; of more, in turns. */
const MOST_RESTARTS = 20;

/** What an engine elsewhere counts of its containers, by name. */
export async function askEach(running: readonly Running[], engine: Engine): Promise<Map<string, Values>> {
  const values = new Map<string, Values>();
  await each(running.slice(0, MOST_ASKED), async ({ id, name }) => {
    values.set(name, await soon((signal) => engine.counted(id, signal)));
  });
  return values;
}

/**
 * How often containers were started anew, by id: asked in turns, since it takes a question for each, and no more often
 * than every `ms`.
 */
export function openRestarts(
  engine: Engine,
  ms: number,
): (running: readonly Running[]) => Promise<ReadonlyMap<string, number>> {
  let counts = new Map<string, number>();
  let turns: string[] = [];
  let asked = -Infinity;
  return async (running) => {
    if (performance.now() - asked < ms) return counts;
    asked = performance.now();
    const ids = new Set(running.map(({ id }) => id));
    // Those that have gone are forgotten; those that were never asked about come first.
    counts = new Map([...counts].filter(([id]) => ids.has(id)));
    turns = [...[...ids].filter((id) => !counts.has(id)), ...turns.filter((id) => counts.has(id))];
    const now = turns.splice(0, MOST_RESTARTS);
    turns.push(...now);
    await each(
      now,
      async (id) =>
        void counts.set(id, (await soon((signal) => engine.inspect(id, signal))).RestartCount ?? 0),
    );
    return counts;
  };
}

/** Does something with each, a few at once; one that cannot be asked is left out. */
async function each<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const queue = [...all];
  const next = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift())
      await work(one).catch(() => undefined);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
}
