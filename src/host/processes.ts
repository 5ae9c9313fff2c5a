import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { ACTION_MARK } from './environment.ts';
import { spareSession } from './strays.ts';

/** Ends a process group at once; nothing to end is no error. */
export function killGroup(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/**
 * The processes that carry an action's mark, whatever group or parent they have by now.
 * Linux only; one that cleared its environment is not found.
 */
export function markedProcesses(actionId: string): number[] {
  if (process.platform !== 'linux') return [];
  const mark = `${ACTION_MARK}=${actionId}\0`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Ends what an action left running; scans again until none is left, since one may fork while another dies. */
export function killMarked(actionId: string): void {
  for (let round = 0; round < 20; round++) {
    const pids = markedProcesses(actionId);
    if (pids.length === 0) return;
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone already.
      }
    }
  }
}

/** Starts a shell line that outlives this process; that it cannot be started is nobody's error here. */
export function startDetached(line: string, env: NodeJS.ProcessEnv): void {
  const child = spawn('/bin/sh', ['-c', line], { env, stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  spareSession(child.pid);
  child.unref();
}

/**
 * Starts a shell line that outlives this process and writes to its standard input. Answers how it failed, or null; what
 * runs on after `ms` milliseconds is killed with all that it has started.
 */
export async function feedDetached(line: string, input: string, ms: number): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', line], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    spareSession(child.pid);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      if (child.pid !== undefined) killGroup(child.pid);
    }, ms).unref();
    const end = (how: string | null): void => {
      clearTimeout(timer);
      resolve(how);
    };
    child.on('error', (error) => end(error.message));
    child.on('exit', (code, signal) => {
      if (late) end(`it took longer than ${ms / 1000} s`);
      else end(code === 0 ? null : `it ended with ${code ?? signal}`);
    });
    // One that does not read is no failure of ours.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.unref();
  });
}
