import { setTimeout as sleep } from 'node:timers/promises';
import type { BoxRequest, Limit, Rung, RunningBox } from '../../core/sandbox.ts';
import { tree } from './box-processes.ts';
import { NotBuilt } from './build-again.ts';
import { withNested } from './direct.ts';
import { type Entry, POLLING, type SandboxOptions, enter } from './enter.ts';
import { mounts } from './mounts.ts';
import { STARTERS, watch } from './watch.ts';

const POLL_MS = 5;
/** Of what a starter says when it gives up; the output itself goes to whoever asked for it. */
const SAID_BYTES = 4096;

/** Starts a line that goes on, and returns once the box around it stands: nothing is mounted any more after that. */
export async function startBox(
  rung: Exclude<Rung, 'snapshot'>,
  place: Pick<Entry, 'starters' | 'session'>,
  request: BoxRequest,
  options: SandboxOptions,
): Promise<RunningBox> {
  const mounted = mounts();
  const { roots, writes, closed, onOutput } = request;
  const direct = withNested({ roots, writes, closed }, mounted);
  const seen = { mounted, overlays: [], direct, stores: [] };
  const { running, group } = enter(
    request,
    { rung, ...place, ...seen, outputBytes: SAID_BYTES, onOutput },
    options,
  );
  let exceeded: Limit | null = null;
  let hasEnded = false;
  const unwatch = watch(
    running.pid,
    { limits: request.limits, folders: writes },
    group?.entry ?? null,
    (limit) => {
      exceeded = limit;
      running.kill();
    },
  );
  let grace: NodeJS.Timeout | undefined;
  const ended = running.ended.then((end) => {
    hasEnded = true;
    clearTimeout(grace);
    const atEnd = unwatch(end.exitCode);
    if (end.exitCode !== 0) exceeded ??= group?.exceeded() ?? atEnd;
    group?.remove();
    return { ...end, exceeded };
  });
  for (;;) {
    const early = await Promise.race([ended, sleep(POLL_MS)]);
    if (early?.started === false) throw new NotBuilt(roots.join(', '), early.stderr.toString().trim());
    if (early !== undefined || inside(running.pid).length > 0) break;
  }
  return {
    limitsBy: group?.limitsBy ?? POLLING,
    ended,
    stop(graceMs) {
      if (hasEnded) return;
      if (graceMs === 0) {
        running.kill();
        return;
      }
      inside(running.pid).forEach(ask);
      grace ??= setTimeout(() => running.kill(), graceMs);
    },
  };
}

/** The processes in a box that are not its builders. */
const inside = (top: number): number[] => tree(top).slice(STARTERS);

function ask(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It has ended meanwhile.
  }
}
