import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { ACTION_MARK } from './environment.ts';

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
  child.unref();
}
