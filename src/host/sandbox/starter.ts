import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { HomeostatError, asHomeostatError } from '../../core/errors.ts';
import type { Rung, SandboxRequest } from '../../core/sandbox.ts';
import { type Program, start } from '../program.ts';
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
  readonly program: Program;
  readonly rung: Exclude<Rung, 'snapshot'>;
  readonly group: ControlGroup | null;
}

export function begin(
  rung: Exclude<Rung, 'snapshot'>,
  limits: SandboxRequest['limits'],
  group: ControlGroup | null,
): Starter {
  const own = rung === 'root_overlay' ? [] : ['--user', '--map-root-user'];
  const words = ['setpriv', ...STARTERS, ...own, '/bin/sh'];
  try {
    const program = start(systemProgram('setpriv'), words, { PATH: SYSTEM_PATH });
    tell(program, held(rung, limits, group));
    return { program, rung, group };
  } catch (error) {
    group?.remove();
    throw new HomeostatError('unsafe_root', `no sandbox could be begun: ${asHomeostatError(error).message}`);
  }
}

/** Gives the shell a line, which it works off when all of it is there. */
export const tell = ({ ends: [input] }: Program, line: string): boolean => input.write(`${line}\n`);

export const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** The first that may be run; where there is none, starting it says so. */
function systemProgram(name: string): string {
  const paths = SYSTEM_PATH.split(':').map((folder) => join(folder, name));
  return paths.find(isExecutable) ?? name;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * A file that grows too long is an error of the write, and not the end of its program by a signal, which nobody could
 * tell from an exit code of its own. In a user namespace the number of tasks counts those of the namespace; root is
 * never held by it. The folder that this process is in is no business of a shell that waits.
 */
function held(rung: Rung, limits: SandboxRequest['limits'], group: ControlGroup | null): string {
  const { cpuSeconds, writtenBytes, processes } = limits;
  const tasks = processes * TASKS_PER_PROCESS;
  return [
    "cd /; trap '' XFSZ; ulimit -c 0",
    `ulimit -S -t ${cpuSeconds}; ulimit -H -t ${cpuSeconds + 1}; ulimit -f ${Math.ceil(writtenBytes / 512)}`,
    ...(group === null ? [] : [`echo 0 >${quoted(group.entry)} || exit`]),
    ...(rung === 'root_overlay' ? [] : [`ulimit -u ${tasks} 2>/dev/null || ulimit -p ${tasks} || exit`]),
  ].join('\n');
}
