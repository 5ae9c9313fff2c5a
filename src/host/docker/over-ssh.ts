import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { type Socket, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { HomeostatError } from '../../core/errors.ts';
import { spareSession } from '../strays.ts';

/** Free connections that are kept for what is asked next; to begin one takes a handshake. */
const KEPT = 4;
/** Longest text of what ssh says that is kept, in letters. */
const SAID = 500;
/** A program that has lost its connection has its last words said by then. */
const LAST_WORDS_MS = 1000;

/**
 * What a person's own settings do not loosen: nobody is asked anything, a host that is not known is not talked to, and
 * nothing but this one program is run or handed on.
 */
const STRICT = [
  'BatchMode=yes',
  'StrictHostKeyChecking=yes',
  'UpdateHostKeys=no',
  'ControlPath=none',
  'ControlMaster=no',
  'ForwardAgent=no',
  'ForwardX11=no',
  'ClearAllForwardings=yes',
  'PermitLocalCommand=no',
  'RequestTTY=no',
  'RemoteCommand=none',
  'ConnectTimeout=15',
  'ServerAliveInterval=15',
  'ServerAliveCountMax=3',
].flatMap((option) => ['-o', option]);

/** What the shell at the other end takes as one word as it stands. */
const PLAIN_PATH = /^\/[\w./-]+$/;

/** What ssh is called with for `ssh://USER@HOST:PORT/SOCKET`; all but the host may be missing. */
export function sshWords(host: string): string[] {
  const { hostname, port, username, password, pathname } = new URL(host);
  const wrong = (what: string): HomeostatError =>
    new HomeostatError('config_invalid', `docker.host: ${what} in ssh://${hostname}`);
  if (password !== '') throw wrong('a password cannot be given');
  if (hostname === '' || hostname.startsWith('-')) throw wrong('there is no host');
  const path = pathname === '/' ? '' : pathname;
  if (path !== '' && !PLAIN_PATH.test(path)) throw wrong('the path of the socket is not plain');
  return [
    ...(username === '' ? [] : ['-l', decodeURIComponent(username)]),
    ...(port === '' ? [] : ['-p', port]),
    '--',
    hostname,
    'docker',
    ...(path === '' ? [] : ['--host', `unix://${path}`]),
    'system',
    'dial-stdio',
  ];
}

/**
 * Connections to an engine elsewhere by the system's ssh, with the keys, hosts and settings of this user, as Docker's
 * own client makes them, https://docs.docker.com/engine/security/protect-access/.
 */
export class OverSsh extends Agent {
  readonly #words: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  #lastWords: Promise<string> = Promise.resolve('');

  constructor(host: string, env: NodeJS.ProcessEnv) {
    super({ keepAlive: true, maxFreeSockets: KEPT });
    this.#words = sshWords(host);
    this.#env = env;
  }

  override createConnection(): Duplex {
    return this.dial();
  }

  /** One more connection; it ends when either side does. */
  dial(): Socket {
    // The fourth descriptor is a socket for both directions, which Node takes for a connection as any other.
    const child = spawn(
      '/bin/sh',
      ['-c', 'exec ssh "$@" <&3 >&3 3>&-', 'sh', '-T', ...STRICT, ...this.#words],
      {
        stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
        env: this.#env,
        // Out of reach of the terminal, whose interrupt is not meant for what an undo may need.
        detached: true,
      },
    );
    spareSession(child.pid);
    child.unref();
    const socket = child.stdio[3] as Socket;
    socket.once('close', () => child.kill());
    this.#lastWords = saidBy(child);
    return socket;
  }

  /** What ssh, or the shell at the other end, said when the last connection was lost; `''` where it said nothing. */
  async lastWords(): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(resolve, LAST_WORDS_MS, '');
    });
    return Promise.race([this.#lastWords, late]).finally(() => clearTimeout(timer));
  }
}

async function saidBy(child: ChildProcess): Promise<string> {
  let said = '';
  const stderr = child.stderr as Readable & { unref?: () => void };
  stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-SAID)));
  stderr.unref?.();
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', () => resolve(said.trim().replaceAll(/\s*\n\s*/g, ' ')));
  });
}

/** Runs `work` while a socket in a folder of this user alone leads to the engine, for programs that know no ssh. */
export async function whileOnSocket<T>(ssh: OverSsh, work: (path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-far-'));
  const path = join(folder, 'socket');
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = ssh.dial();
    for (const socket of [near, far]) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    }
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    near.pipe(far).pipe(near);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(path, resolve);
    });
    return await work(path);
  } finally {
    server.close();
    for (const socket of open) socket.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}
