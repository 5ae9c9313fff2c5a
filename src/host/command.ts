import type { CommandRequest, CommandResult, Commands } from '../core/command.ts';
import { CappedOutput } from './capped-output.ts';
import { commandEnvironment } from './environment.ts';
import { type ActionGroup, openActionGroup } from './sandbox/control-group.ts';
import { killGroup, killMarked } from './processes.ts';
import { adoptStrays, endStrays, shelter } from './strays.ts';

/** Time between asking a command to end and ending it. */
const GRACE_MS = 1000;

/** Enters the group `$1`, where there is one, and becomes the shell of the line `$2`. */
const ENTER = '[ -z "$1" ] || echo 0 2>/dev/null >"$1"; exec /bin/bash --noprofile --norc -c "$2"';

/** Runs shell lines as process groups of their own, and ends everything that they started. */
export function openCommands(env: NodeJS.ProcessEnv, roots: readonly string[]): Commands {
  return {
    async run(request) {
      const { execa } = await import('execa');
      const started = performance.now();
      const group = openActionGroup(request.actionId);
      adoptStrays();
      const child = execa('/bin/sh', ['-c', ENTER, 'sh', group?.entry ?? '', request.line], {
        cwd: request.cwd,
        env: commandEnvironment(env, request.env, roots, request.actionId),
        extendEnv: false,
        ...(request.input === undefined ? { stdin: 'ignore' as const } : { input: request.input }),
        detached: true,
        buffer: false,
        reject: false,
      });
      shelter(child.pid);
      let swept: Promise<void> | undefined;
      const stdout = new CappedOutput(request.outputBytes);
      const stderr = new CappedOutput(request.outputBytes);
      child.stdout.on('data', (chunk: Buffer) => stdout.write(chunk));
      child.stderr.on('data', (chunk: Buffer) => stderr.write(chunk));
      const end = endings(request, child.pid, group);
      // The shell's own end is what counts: a process it left behind may hold the pipes open.
      child.once('exit', () => {
        end.exited();
        swept = endStrays(child.pid);
      });
      const result = await child;
      await swept;
      end.done();
      return {
        exitCode: result.exitCode ?? null,
        signal: result.signal ?? null,
        timedOut: end.timedOut(),
        cancelled: request.signal.aborted,
        stdout: stdout.toString(),
        stderr:
          child.pid === undefined ? `it could not be started: ${result.message ?? ''}` : stderr.toString(),
        omittedBytes: stdout.omittedBytes + stderr.omittedBytes,
        durationMs: Math.round(performance.now() - started),
      } satisfies CommandResult;
    },
  };
}

/** Everything that can end a command before it ends itself, and the clearing up after it. */
function endings(
  request: CommandRequest,
  pid: number | undefined,
  group: ActionGroup | null,
): { exited(): void; done(): void; timedOut(): boolean } {
  let timedOut = false;
  let grace: NodeJS.Timeout | undefined;
  const killAll = (): void => {
    if (pid !== undefined) killGroup(pid);
    group?.end();
    killMarked(request.actionId);
  };
  const timer = setTimeout(() => {
    timedOut = true;
    if (pid !== undefined) killGroup(pid, 'SIGTERM');
    grace = setTimeout(killAll, GRACE_MS);
  }, request.timeoutMs);
  request.signal.addEventListener('abort', killAll);
  if (request.signal.aborted) killAll();
  return {
    exited: killAll,
    timedOut: () => timedOut,
    done() {
      clearTimeout(timer);
      clearTimeout(grace);
      request.signal.removeEventListener('abort', killAll);
    },
  };
}
