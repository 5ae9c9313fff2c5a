import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import type { ExecRequest, ExecResult } from '../../core/engine.ts';
import { CappedOutput } from '../capped-output.ts';

/** Marks the program and all that it starts, so that it can be found from inside. */
const MARK = 'HOMEOSTAT_EXEC';

/**
 * Runs a program in a container. The interface has no call that ends one, so that it is ended from inside, by its mark;
 * in an image without a shell it runs on, and the result says that it did not end.
 */
export async function execIn(container: Docker.Container, request: ExecRequest): Promise<ExecResult> {
  const { argv, env, user, cwd, timeoutMs, outputBytes, signal } = request;
  const mark = `${MARK}=${process.pid}-${performance.now()}`;
  const exec = await container.exec({
    Cmd: [...argv],
    Env: [...Object.entries(env).map(([name, value]) => `${name}=${value}`), mark],
    ...(user === undefined ? {} : { User: user }),
    ...(cwd === undefined ? {} : { WorkingDir: cwd }),
    AttachStdout: true,
    AttachStderr: true,
  });
  const stream = await exec.start({});
  const [stdout, stderr] = [new CappedOutput(outputBytes), new CappedOutput(outputBytes)];
  const [out, err] = [new PassThrough(), new PassThrough()];
  container.modem.demuxStream(stream, out, err);
  out.on('data', (chunk: Buffer) => stdout.write(chunk));
  err.on('data', (chunk: Buffer) => stderr.write(chunk));
  let timedOut = false;
  const kill = (): void => void endMarked(container, mark).finally(() => stream.destroy());
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, timeoutMs);
  signal.addEventListener('abort', kill);
  if (signal.aborted) kill();
  await new Promise<void>((resolve) => {
    stream.once('end', resolve);
    stream.once('close', resolve);
  });
  clearTimeout(timer);
  signal.removeEventListener('abort', kill);
  const { ExitCode } = await exec.inspect();
  return {
    exitCode: timedOut || signal.aborted ? null : ExitCode,
    timedOut,
    stdout: stdout.toString(),
    stderr: stderr.toString(),
    omittedBytes: stdout.omittedBytes + stderr.omittedBytes,
  };
}

/** Looks again until it finds none: one may start another while it is looked for. */
const KILL = `for round in 1 2 3 4 5 6 7 8 9 10; do
  found=
  for p in /proc/[0-9]*; do
    case "$(tr '\\0' '\\n' <$p/environ 2>/dev/null || cat $p/environ 2>/dev/null)" in
      *"$0"*) kill -9 "\${p#/proc/}" 2>/dev/null && found=1;;
    esac
  done
  [ -n "$found" ] || exit 0
done`;

async function endMarked(container: Docker.Container, mark: string): Promise<void> {
  const exec = await container.exec({ Cmd: ['/bin/sh', '-c', KILL, mark], User: '0' });
  const stream = await exec.start({});
  await new Promise((resolve) => stream.once('close', resolve).once('end', resolve).resume());
}
