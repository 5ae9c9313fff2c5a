import { statfsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Limit, SandboxRequest } from '../../core/sandbox.ts';
import { exactMemory, tree, usage } from './box-processes.ts';
import { membersOf } from './control-group.ts';

const EVERY_MS = 100;
/** Sooner at first where no control group holds a fork bomb: one that has grown leaves no time to look. */
const FIRST_MS = 20;
/** `unshare`, and bubblewrap outside and inside the box. */
export const STARTERS = 3;
/** Looking at one box takes no more than this part of the time, and at all of them no more than a fifth of it. */
const SHARE = 20;
const SHARE_OF_ALL = 5;
/** What one look at the machine may be old for the next box. */
const FRESH_MS = 50;

let watched = 0;

/** 128 + SIGXCPU: what the kernel ends a process with that has used the box's CPU time alone, or an `exit` so numbered. */
const OUT_OF_TIME = 152;
/** The kernel ends it by ticks, of which a busy machine counts more than the time that /proc shows for them. */
const TICKED = 0.5;

/**
 * Looks at a box, of whose control group this is the entry, and which writes to the folders, from outside until it is stopped, and tells once which limit it went
 * over. Stopping it, with the exit code of what failed, tells which one it may have met since the last look.
 */
export function watch(
  top: number,
  { limits, folders }: Pick<SandboxRequest, 'limits'> & { readonly folders: readonly string[] },
  group: string | null,
  over: (limit: Limit) => void,
): (exitCode: number | null) => Limit | null {
  const free = (): number[] => folders.map(freeBytes);
  const before = free();
  let seen = { cpuSeconds: 0, at: performance.now() };
  // A look reads of every process on the machine, which a command of some milliseconds would wait for.
  let pause = group !== null ? EVERY_MS : FIRST_MS;
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
    // Its group names them at once; else all processes of the machine are looked through.
    const pids = group === null ? tree(top, watched > 1 ? FRESH_MS : 0) : [top, ...membersOf(group)];
    // Before anything is asked of each one: there may be thousands.
    if (pids.length - STARTERS > limits.processes) return 'processes';
    const used = usage(pids);
    // What a box has used goes with its last processes, so that a look after their end shows less.
    if (used.cpuSeconds >= seen.cpuSeconds) seen = { cpuSeconds: used.cpuSeconds, at: performance.now() };
    if (used.memoryBytes > limits.memoryBytes && exactMemory(pids) > limits.memoryBytes) return 'memory';
    if (used.cpuSeconds > limits.cpuSeconds) return 'cpu';
    return used.writtenBytes > limits.writtenBytes || taken() > limits.writtenBytes ? 'written' : null;
  }
  /** A process that nobody waits for takes its count with it; the disk still shows what it wrote. */
  function taken(): number {
    const now = free();
    return Math.max(0, ...before.map((bytes, index) => bytes - (now[index] ?? bytes)));
  }
  let ended = false;
  return (exitCode) => {
    clearTimeout(timer);
    if (!ended) watched--;
    ended = true;
    if (exitCode === 0) return null;
    const since = ((performance.now() - seen.at) / 1000) * availableParallelism();
    if (exitCode === OUT_OF_TIME && seen.cpuSeconds + since >= TICKED * limits.cpuSeconds) return 'cpu';
    return taken() > limits.writtenBytes ? 'written' : null;
  };
}

/** What an inode counts as, so that empty files are not made without end: the block that a file mostly has. */
const INODE_BYTES = 4096;

function freeBytes(folder: string): number {
  try {
    const { bfree, bsize, ffree } = statfsSync(folder);
    return bfree * bsize + ffree * INODE_BYTES;
  } catch {
    // A stage that is gone takes no room.
    return Number.MAX_SAFE_INTEGER;
  }
}
