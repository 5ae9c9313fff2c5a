import { statfsSync } from 'node:fs';
import type { Limit, SandboxRequest } from '../../core/sandbox.ts';
import { exactMemory, tree, usage } from './box-processes.ts';

const EVERY_MS = 100;
/** Sooner at first: a fork bomb that has grown leaves no time to look. */
const FIRST_MS = 20;
/** `unshare`, and bubblewrap outside and inside the box. */
export const STARTERS = 3;
/** Looking at one box takes no more than this part of the time, and at all of them no more than a fifth of it. */
const SHARE = 20;
const SHARE_OF_ALL = 5;
/** What one look at the machine may be old for the next box. */
const FRESH_MS = 50;

let watched = 0;

/** Looks at a box from outside until it is stopped, and tells once which limit it went over. */
export function watch(
  top: number,
  request: Pick<SandboxRequest, 'limits'> & { readonly layers: readonly { readonly folder: string }[] },
  over: (limit: Limit) => void,
): () => void {
  const { limits, layers } = request;
  const free = (): number[] => layers.map(({ folder }) => freeBytes(folder));
  const before = free();
  let pause = FIRST_MS;
  let timer = setTimeout(look, pause);
  watched++;
  function look(): void {
    const started = performance.now();
    const limit = exceeded();
    if (limit !== null) {
      over(limit);
      return;
    }
    pause = Math.min(2 * pause, EVERY_MS);
    const share = Math.max(SHARE, SHARE_OF_ALL * watched);
    timer = setTimeout(look, Math.max(pause, share * (performance.now() - started)));
  }
  function exceeded(): Limit | null {
    const pids = tree(top, watched > 1 ? FRESH_MS : 0);
    // Before anything is asked of each one: there may be thousands.
    if (pids.length - STARTERS > limits.processes) return 'processes';
    const used = usage(pids);
    if (used.memoryBytes > limits.memoryBytes && exactMemory(pids) > limits.memoryBytes) return 'memory';
    if (used.cpuSeconds > limits.cpuSeconds) return 'cpu';
    // A process that nobody waits for takes its count with it; the disk still shows what it wrote.
    const now = free();
    const taken = Math.max(0, ...before.map((bytes, index) => bytes - (now[index] ?? bytes)));
    return used.writtenBytes > limits.writtenBytes || taken > limits.writtenBytes ? 'written' : null;
  }
  let ended = false;
  return () => {
    clearTimeout(timer);
    if (!ended) watched--;
    ended = true;
  };
}

function freeBytes(folder: string): number {
  try {
    const { bfree, bsize } = statfsSync(folder);
    return bfree * bsize;
  } catch {
    // A stage that is gone takes no room.
    return Number.MAX_SAFE_INTEGER;
  }
}
