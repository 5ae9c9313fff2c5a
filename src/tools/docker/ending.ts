import { setTimeout as sleep } from 'node:timers/promises';
import { goalOf } from '../../core/container-spec.ts';
import type { Engine, Inspected } from '../../core/engine.ts';
import { find } from './find.ts';

/** What the engine gives a container to end by itself, where nobody has said otherwise. */
const USUAL_SECONDS = 10;
/** One that is killed has ended by then. */
const KILL_SECONDS = 2;
const LOOK_MS = 100;

/** By when the engine has ended a container that it is asked to end now, in milliseconds since 1970. */
export function endsBy({ Config }: Inspected, seconds?: number): number {
  const own = Config['StopTimeout'];
  return Date.now() + ((seconds ?? (typeof own === 'number' ? own : USUAL_SECONDS)) + KILL_SECONDS) * 1000;
}

/**
 * Waits until a container has ended that the engine may still be ending for somebody who does not listen any more, or
 * until it would have: the engine tells of none that it is at it.
 */
export async function waitOut(id: string, until: number, engine: Engine): Promise<void> {
  for (; Date.now() < until; await sleep(LOOK_MS)) {
    const found = await find(engine, id);
    if (found === null || goalOf(found) === 'exited') return;
  }
}
