import { statfsSync } from 'node:fs';
import type { Limit, SandboxRequest } from '../../core/sandbox.ts';
import { exactMemory, tree, usage } from './box-processes.ts';

const EVERY_MS = 100;
/** Sooner at first where no control group holds a fork bomb: one that has grown leaves no time to look. */
const FIRST_MS = 20;
/** `unshare`, and bubblewrap outside and inside the box. */
export const STARTERS = 3;
/** Looking takes no more than this part of the time. */
const SHARE = 20;

/** Looks at a box from outside until it is stopped, and tells once which limit it went over. */
export function watch(
  top: number,
  request: Pick<SandboxRequest, 'limits'> & { readonly layers: readonly { readonly folder: string }[] },
  isHeld: boolean,
  over: (limit: Limit) => void,
): () => void {
  const { limits, layers } = request;
  const free = (): number[] => layers.map(({ folder }) => freeBytes(folder));
  const before = free();
  // A look reads of every process on the machine, which a command of some milliseconds would wait for.
  let pause = isHeld ? EVERY_MS : FIRST_MS;
  let timer = setTimeout(look, pause);
  function look(): void {
    const started = performance.now();
    const limit = exceeded();
    if (limit !== null) {
      over(limit);
      return;
    }
    pause = Math.min(2 * pause, EVERY_MS);
    timer = setTimeout(look, Math.max(pause, SHARE * (performance.now() - started)));
  }
  function exceeded(): Limit | null {
    const pids = tree(top);
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
  return () => clearTimeout(timer);
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
