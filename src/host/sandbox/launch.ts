import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import type { OutputStream } from '../../core/sandbox.ts';
import { CappedOutput } from '../capped-output.ts';
import type { Program } from '../program.ts';
import { tree } from './box-processes.ts';
import { killMembers } from './control-group.ts';
import { type Starter, quoted, tell } from './starter.ts';

/**
 * Runs in a mount namespace of its own, which ends with it. `$1` are the overlays' options; then, up to `--`, the root,
 * its folder in the store and its lowest layers. Paths come by descriptor or as the working directory, since the kernel's
 * options know no quoting. What mount cannot do ends it, before anything has run.
 */
const SCRIPT = `
options=$1; shift
while [ "$1" != -- ]; do
  cd "$2" || exit
  mount -i -n -t overlay -o "$options,lowerdir=/proc/self/fd/6$3,upperdir=upper,workdir=work" homeostat . 6<"$1" || exit
  shift 3
done
shift; cd /
exec bwrap --args 3 --json-status-fd 4 "$@"
`;

/** Measured: without these a rename of a folder fails, hard links split, and a chmod copies the file. */
const ROOT_OPTIONS = 'redirect_dir=on,index=on,metacopy=on,volatile';
const USER_OPTIONS = 'userxattr,volatile';

export interface Launch {
  readonly overlays: readonly { root: string; folder: string; points: boolean }[];
  /** Arguments for bubblewrap; asked for when the mounting has begun, which takes as long as finding out. */
  readonly box: () => readonly string[];
  readonly filter: Buffer | null;
  readonly command: readonly string[];
  /** Of the builders of the box, which see nothing that an agent has set. */
  readonly env: Readonly<Record<string, string>>;
  readonly outputBytes: number;
  /** Told each piece of output as it comes. */
  readonly onOutput?: (stream: OutputStream, chunk: Uint8Array) => void;
}

export interface Running {
  /** Its descendants are the box. */
  readonly pid: number;
  /** Ends all of it at once. */
  kill(): void;
  readonly ended: Promise<Ended>;
}

export interface Ended {
  /** Null where the command never ran or was killed from outside; a signal that ended it is 128 + its number. */
  readonly exitCode: number | null;
  /** Whether the command itself was reached; else standard error says what was in the way. */
  readonly started: boolean;
  readonly stdout: CappedOutput;
  readonly stderr: CappedOutput;
}

/** Builds the box and runs the command in it; `ended` is told when every process in it is dead. */
export function launch(starter: Starter, task: Launch): Running {
  const { program, rung } = starter;
  const layers = task.overlays.flatMap(({ root, folder, points }) => [root, folder, points ? ':points' : '']);
  const words = [
    'unshare',
    '--mount',
    '/bin/sh',
    '-c',
    SCRIPT,
    'sh',
    rung === 'root_overlay' ? ROOT_OPTIONS : USER_OPTIONS,
    ...layers,
    '--',
    ...(task.filter === null ? [] : ['--seccomp', '5']),
    '--',
    ...task.command,
  ];
  const env = Object.entries(task.env).map(([name, value]) => `export ${name}=${quoted(value)}; `);
  tell(program, `${env.join('')}exec ${words.map(quoted).join(' ')} </dev/null`);
  const [input, , , boxArguments, , filter] = program.ends;
  try {
    const given = task.box().map((argument) => `${argument}\0`);
    boxArguments.end(Buffer.from(given.join('')));
  } catch (error) {
    // What to mount was not read yet: there is no box.
    program.kill();
    throw error;
  }
  filter.end(task.filter ?? Buffer.alloc(0));
  input.end();
  return follow(starter, task);
}

function follow({ program, group }: Starter, { outputBytes, overlays, onOutput }: Launch): Running {
  const entry = group?.entry ?? null;
  const stdout = new CappedOutput(outputBytes);
  const stderr = new CappedOutput(outputBytes);
  const [, output, errors, , told] = program.ends;
  for (const [name, from, kept] of [
    ['stdout', output, stdout],
    ['stderr', errors, stderr],
  ] as const)
    from.on('data', (chunk: Buffer) => {
      kept.write(chunk);
      onOutput?.(name, chunk);
    });
  let status = '';
  let killing: NodeJS.Timeout | null = null;
  const kill = (): void => {
    end(program, entry);
    // Again, until it is there.
    killing ??= setInterval(() => end(program, entry), AGAIN_MS);
  };
  told.on('data', (chunk: Buffer) => (status += chunk.toString('latin1')));
  const ended = program.ended.then((): Ended => {
    if (killing !== null) clearInterval(killing);
    for (const { folder } of overlays) openWork(folder);
    const exitCode = exitCodeOf(status);
    const killed = killing !== null;
    return { exitCode: killed ? null : exitCode, started: exitCode !== null || killed, stdout, stderr };
  });
  return { pid: program.pid, kill, ended };
}

/** The kernel leaves folders there that an ordinary user could not even remove. */
function openWork(folder: string): void {
  try {
    for (const path of ['work', 'work/incompat', 'work/incompat/volatile'])
      chmodSync(join(folder, 'work', path), 0o700);
  } catch {
    // It was not mounted.
  }
}

/** Bubblewrap tells what it does as one JSON object after the other; this one only of a command that it reached. */
function exitCodeOf(status: string): number | null {
  const found = /"exit-code": (\d+)/.exec(status)?.[1];
  return found === undefined ? null : Number(found);
}

/** Between two attempts to end a box. */
const AGAIN_MS = 5;

/**
 * The first process of the outer namespace takes all others with it, and the starter waits until they are gone. Before
 * it is there nothing is ended: it could be forked in that very moment, and nobody would end it then. Its control group
 * names it at once; without one it is looked for, in one look for all boxes that end together.
 */
function end({ pid }: Program, group: string | null): void {
  if (group !== null && killMembers(group)) return;
  const [, first] = tree(pid, AGAIN_MS);
  if (first === undefined) return;
  try {
    process.kill(first, 'SIGKILL');
  } catch {
    // Dead already.
  }
}
