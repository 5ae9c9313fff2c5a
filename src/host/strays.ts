import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { reap, setSubreaper } from './syscalls.ts';

/** A stray forks until it is killed, so that one look is not enough; this many take less than a second. */
const ROUNDS = 200;
const PAUSE_MS = 2;

/** Sessions that this process has started and that nobody is to end: they outlive it on purpose. */
const spared = new Set<number>();
const running = new Set<number>();

/** Processes of this session are not taken for strays. */
export function spareSession(session: number | undefined): void {
  if (session !== undefined) spared.add(session);
}

/**
 * Until the last command has ended, what one leaves behind becomes a child of this process, whatever session, group or environment it
 * has by then; see PR_SET_CHILD_SUBREAPER in prctl(2). To be called before the command is started.
 */
export function adoptStrays(): void {
  setSubreaper(true);
}

/** The command with this session is running: what it started is no stray yet. */
export function shelter(session: number | undefined): void {
  if (session !== undefined) running.add(session);
}

/**
 * Ends what a command has left behind, once it has ended itself. Strays that carry no mark could be those of another one
 * that still runs: then the last one of them ends all.
 */
export async function endStrays(session: number | undefined): Promise<void> {
  if (session === undefined) return;
  running.delete(session);
  for (let round = 0; round < ROUNDS && running.size === 0; round++) {
    const found = strays();
    // One that was killed is waited for: only then are its own children here to be seen.
    if (found.length === 0 && !isGroupAlive(session)) return setSubreaper(false);
    for (const pid of found) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Dead already.
      }
      reap(pid);
    }
    await sleep(PAUSE_MS);
  }
}

/** Children of this process that it has not started: those have its own session, or one that is known. */
function strays(): number[] {
  const own = statOf('self')?.session;
  return childrenOf(process.pid).filter((pid) => {
    const session = statOf(String(pid))?.session;
    return session !== undefined && session !== own && !spared.has(session) && !running.has(session);
  });
}

function childrenOf(parent: number): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && statOf(String(pid))?.parent === parent);
}

/** Fields 4 and 6 of proc_pid_stat(5); the name before them may hold anything. */
function statOf(pid: string): { parent: number; session: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), session: Number(fields[3]) };
  } catch {
    return null;
  }
}

function isGroupAlive(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch {
    return false;
  }
}
