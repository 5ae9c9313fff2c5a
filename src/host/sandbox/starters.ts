import { readFileSync } from 'node:fs';
import type { Rung, SandboxRequest } from '../../core/sandbox.ts';
import { openControlGroup } from './control-group.ts';
import { type Starter, begin } from './starter.ts';

/**
 * Keeps one starter ahead of the next command. It has no namespace of mounts yet, so that it holds no file system, and
 * knows of no root: only the programs are loaded, and the kernel's wait before its control group is over.
 */
export interface Starters {
  /** The one that waits, where it has these limits, or a new one. */
  take(rung: Exclude<Rung, 'snapshot'>, limits: SandboxRequest['limits']): Starter;
  /** Begins one to wait, where none does. */
  ahead(rung: Exclude<Rung, 'snapshot'>, limits: SandboxRequest['limits']): void;
  /** Ends the one that waits. */
  close(): Promise<void>;
}

type Limits = SandboxRequest['limits'];

export function openStarters(): Starters {
  let waiting: { readonly starter: Starter; readonly limits: string } | null = null;
  let isClosed = false;
  return {
    take(rung, limits) {
      const { starter, limits: its } = waiting ?? {};
      waiting = null;
      if (starter !== undefined && isUsable(starter) && its === keyOf(rung, limits)) {
        hold(starter, 'ref');
        return starter;
      }
      if (starter !== undefined) void dismiss(starter);
      return fresh(rung, limits);
    },
    ahead(rung, limits) {
      if (waiting !== null || isClosed) return;
      try {
        const starter = fresh(rung, limits);
        hold(starter, 'unref');
        waiting = { starter, limits: keyOf(rung, limits) };
      } catch {
        // The next command begins its own, and tells what is in the way.
      }
    },
    async close() {
      isClosed = true;
      if (waiting !== null) await dismiss(waiting.starter);
      waiting = null;
    },
  };
}

const keyOf = (rung: Rung, limits: Limits): string => JSON.stringify([rung, limits]);

const fresh = (rung: Exclude<Rung, 'snapshot'>, limits: Limits): Starter =>
  begin(rung, limits, openControlGroup(limits));

/** Somebody may have ended it while it waited: it is then still there for this process to let go of. */
const isUsable = ({ program }: Starter): boolean =>
  !program.hasEnded() && !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${program.pid}/status`, 'latin1'));

/** One that only waits keeps no process alive; it ends with it. */
function hold({ program }: Starter, how: 'ref' | 'unref'): void {
  for (const end of program.ends) end[how]();
}

async function dismiss(starter: Starter): Promise<void> {
  const { program, group } = starter;
  hold(starter, 'ref');
  // Told nothing more, its shell is at its end.
  program.ends[0].end();
  for (const end of program.ends) end.resume();
  await program.ended;
  group?.remove();
}
