import { spawn } from 'node:child_process';
import { lstatSync, renameSync, rmSync } from 'node:fs';
import { type Server, type Socket, createServer } from 'node:net';
import { answerCall, openForHooks } from './hook-answer.ts';
import { MOST, buildOf, socketIn, stateFolderOf } from './hook-socket.ts';
import type { HookCall } from './hook/call.ts';

/** Without a call for so long, in milliseconds, it ends. */
const IDLE = 600_000;
const LOOK = 1_000;

/** All that the resident process needs of the environment; what else stands in it is not kept in memory for hours. */
const KEPT = ['HOME', 'PATH', 'HOMEOSTAT_HOME', 'XDG_STATE_HOME', 'XDG_CONFIG_HOME', 'LANG', 'TMPDIR'];

/** Starts the resident process, which outlives this one; that it cannot be started costs time and nothing else. */
export function startResident(): void {
  const folder = stateFolderOf(process.env);
  if (folder === null || socketIn(folder) === null) return;
  const env = Object.fromEntries(
    KEPT.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  );
  const child = spawn(process.execPath, [process.argv[1] ?? '', 'hook', 'resident'], {
    env: { ...env, HOMEOSTAT_HOME: folder },
    cwd: '/',
    stdio: 'ignore',
    detached: true,
  });
  child.on('error', () => undefined);
  child.unref();
}

/**
 * `homeostat hook resident [--idle MS]`: answers calls on a socket in the state folder. The socket is made under a name of its own
 * and then takes the known one's place, so that two starts at once, and what a killed process left, are in nobody's way;
 * whoever finds that the name is not its own any more ends.
 */
export async function resident(args: readonly string[]): Promise<void> {
  const idle = args[0] === '--idle' ? Number(args[1]) : IDLE;
  process.umask(0o077);
  const folder = stateFolderOf(process.env);
  const path = folder === null ? null : socketIn(folder);
  if (folder === null || path === null) return;
  const build = buildOf();
  const hooks = await openForHooks({ ...process.env, HOMEOSTAT_HOME: folder });
  let last = performance.now();

  const answer = (text: string): string | null => {
    last = performance.now();
    const asked = JSON.parse(text) as { build?: unknown; call: HookCall };
    return asked.build === build ? JSON.stringify({ build, said: answerCall(asked.call, hooks) }) : null;
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    serveOne(socket, answer, (ok) => {
      // Of another program, or without a state any more: the next call starts one that is right.
      if (!ok) end();
    });
  });
  const own = `${path}.${process.pid}`;
  rmSync(own, { force: true });
  await listening(server, own);
  const { ino } = lstatSync(own);
  renameSync(own, path);

  const isNamed = (): boolean => lstatSync(path, { throwIfNoEntry: false })?.ino === ino;
  const timer = setInterval(() => {
    if (performance.now() - last > idle || !isNamed()) end();
  }, LOOK);
  const end = (): void => {
    clearInterval(timer);
    if (isNamed()) rmSync(path, { force: true });
    server.close(() => hooks.close());
  };
}

const listening = async (server: Server, path: string): Promise<void> =>
  new Promise((done, failed) => server.once('error', failed).listen(path, done));

/** One call on one connection; `done(false)` where it could not be answered, so that the caller assesses by itself. */
function serveOne(
  socket: Socket,
  answer: (text: string) => string | null,
  done: (ok: boolean) => void,
): void {
  let text = '';
  socket.setTimeout(LOOK * 5, () => socket.destroy());
  socket.on('error', () => undefined);
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    text += chunk;
    if (text.length > 2 * MOST) socket.destroy();
  });
  socket.on('end', () => {
    let said: string | null = null;
    try {
      said = answer(text);
    } catch {
      // Whoever asked finds out for itself what is wrong.
    }
    socket.end(said ?? '');
    done(said !== null);
  });
}
