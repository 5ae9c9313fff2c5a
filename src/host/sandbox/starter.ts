import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readdirSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { Rung, SandboxRequest } from '../../core/sandbox.ts';
import { type ControlGroup, TASKS_PER_PROCESS } from './control-group.ts';

/** Where the programs that build a box are found; an agent's PATH is for the command alone. */
export const SYSTEM_PATH =
  '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin';

/**
 * The namespace of processes around bubblewrap's own ends with this process, from the first moment, by whatever it ends;
 * and `unshare` ends when all in it are dead, so that nobody writes to a layer that is read.
 */
const STARTERS = ['--pdeathsig', 'KILL', 'unshare', '--pid', '--fork', '--kill-child'];

/** What is the same for every box: a shell in its namespace of processes, with its limits, that waits for what to do. */
export interface Starter {
  readonly child: ChildProcess;
  readonly rung: Exclude<Rung, 'snapshot'>;
  readonly group: ControlGroup | null;
}

export function begin(
  rung: Exclude<Rung, 'snapshot'>,
  limits: SandboxRequest['limits'],
  group: ControlGroup | null,
): Starter {
  const args = [...STARTERS, ...(rung === 'root_overlay' ? [] : ['--user', '--map-root-user']), '/bin/sh'];
  const nothing = openSync('/dev/null', 'r+');
  let child: ChildProcess;
  try {
    const stdio: ('ignore' | 'pipe' | number)[] = ['pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'];
    // What this process got from its own parent, or a library opened, would go on to the command.
    for (const fd of inherited()) stdio[fd] = nothing;
    for (let fd = 0; fd < stdio.length; fd++) stdio[fd] ??= 'ignore';
    child = spawn('setpriv', args, { cwd: '/', env: { PATH: SYSTEM_PATH }, stdio });
  } finally {
    closeSync(nothing);
  }
  // One that gave up reads no more; it says why on standard error.
  for (const stream of [0, 3, 5].map((fd) => child.stdio[fd] as Writable))
    stream.on('error', () => undefined);
  child.on('error', () => undefined);
  tell(child, held(rung, limits, group));
  return { child, rung, group };
}

/** Gives the shell a line, which it works off when all of it is there. */
export const tell = ({ stdin }: ChildProcess, line: string): boolean | undefined => stdin?.write(`${line}\n`);

export const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;

/**
 * A file that grows too long is an error of the write, and not the end of its program by a signal, which nobody could
 * tell from an exit code of its own. In a user namespace the number of tasks counts those of the namespace; root is
 * never held by it.
 */
function held(rung: Rung, limits: SandboxRequest['limits'], group: ControlGroup | null): string {
  const { cpuSeconds, writtenBytes, processes } = limits;
  const tasks = processes * TASKS_PER_PROCESS;
  return [
    "trap '' XFSZ; ulimit -c 0",
    `ulimit -S -t ${cpuSeconds}; ulimit -H -t ${cpuSeconds + 1}; ulimit -f ${Math.ceil(writtenBytes / 512)}`,
    ...(group === null ? [] : [`echo 0 >${quoted(group.entry)} || exit`]),
    ...(rung === 'root_overlay' ? [] : [`ulimit -u ${tasks} 2>/dev/null || ulimit -p ${tasks} || exit`]),
  ].join('\n');
}

/** Descriptors above those of a command's own that stay open across exec; Node itself opens none such. */
function inherited(): number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => fd > 5 && staysOpen(fd));
}

function staysOpen(fd: number): boolean {
  try {
    const flags = /^flags:\s+([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0';
    const CLOSE_ON_EXEC = 0o2_000_000;
    return (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  } catch {
    return false;
  }
}
