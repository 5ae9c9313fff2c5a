import { readFileSync, readdirSync } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { reap, startProgram } from './syscalls.ts';

/** A child that Node knows nothing of. */
export interface Program {
  readonly pid: number;
  /** This process's ends of its descriptors: 0, 3 and 5 are written to, 1, 2 and 4 are read. */
  readonly ends: readonly [Socket, Socket, Socket, Socket, Socket, Socket];
  /** Told when it has closed what it is read from, and is gone; for that, all of this must be read. */
  readonly ended: Promise<void>;
  hasEnded(): boolean;
  /** Nothing of it is read after that, unless it is already. */
  kill(): void;
}

type Ends = Program['ends'];

const DESCRIPTORS = 6;
/** The others are written to. */
const READ = [1, 2, 4];
const AGAIN_MS = 1;

/**
 * Starts a program, which has six descriptors and none but those. Node's own way copies the tables of all pages of this
 * process, which takes some milliseconds, and as long again while each page is touched for the first time after that.
 */
export function start(
  path: string,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Program {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const { pid, fds } = startProgram(path, words, variables, { count: DESCRIPTORS, closed: inherited() });
  const ends = fds.map((fd, index) => {
    const isRead = READ.includes(index);
    const end = new Socket({ fd, readable: isRead, writable: !isRead });
    // One that gave up reads no more; it says why on standard error.
    return end.on('error', () => undefined);
  }) as unknown as Ends;
  let hasEnded = false;
  const closed = READ.map((index) => new Promise<void>((resolve) => ends[index]?.once('close', resolve)));
  const gone = async (): Promise<void> => {
    await Promise.all(closed);
    // It closes what it had just before it is gone.
    while (!(hasEnded ||= reap(pid))) await sleep(AGAIN_MS);
    for (const end of ends) end.destroy();
  };
  return {
    pid,
    ends,
    ended: gone(),
    hasEnded: () => hasEnded,
    kill() {
      // Another process may have its number by now.
      if (!hasEnded) process.kill(pid, 'SIGKILL');
      for (const end of ends) end.resume();
    },
  };
}

/** Descriptors above those of a program's own that stay open across exec; Node itself opens none such. */
function inherited(): number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => fd >= DESCRIPTORS && staysOpen(fd));
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
