import type { Engine } from '../../core/engine.ts';
import type { Running, Values } from '../../core/metrics.ts';

/** Containers come and go. */
const MOST_COUNTED = 10_000;

export interface OomCounts {
  /** Listens to the engine from now on, and anew where the connection was lost. */
  follow(): void;
  /** The values with what was counted; a control group forgets with each start what the engine told of. */
  added(running: readonly Running[], containers: ReadonlyMap<string, Values>): Map<string, Values>;
  close(): void;
}

/** Counts, by what the engine tells, how often memory ran out in containers: also in those it started anew since. */
export function openOomCounts(engine: Engine): OomCounts {
  const ended = new AbortController();
  const counts = new Map<string, number>();
  let following = false;
  const count = (id: string): void => {
    const [oldest] = counts.keys();
    if (counts.size >= MOST_COUNTED && oldest !== undefined) counts.delete(oldest);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  };
  return {
    follow() {
      if (following || ended.signal.aborted) return;
      following = true;
      const over = (): void => void (following = false);
      void engine.oomKills(count, ended.signal).then(over, over);
    },
    added(running, containers) {
      const all = new Map(containers);
      for (const { id, name } of running) {
        const values = all.get(name);
        const told = counts.get(id) ?? (following ? 0 : undefined);
        if (values !== undefined && told !== undefined)
          all.set(name, { ...values, oom_kills_total: Math.max(told, values['oom_kills_total'] ?? 0) });
      }
      return all;
    },
    close: () => ended.abort(),
  };
}
