import { rmSync } from 'node:fs';
import { type IncomingMessage, type Server, createServer, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A way to an engine that can be cut: what has come through by then is done, and nobody is told. */
export interface CutEngine {
  /** As in `DOCKER_HOST`. */
  readonly host: string;
  /** Cuts it once the engine has done the nth thing from now on that changes something. */
  cutAfter(nth: number): void;
  /** Whether it has come to that. */
  isCut(): boolean;
  mend(): void;
  close(): void;
}

const GIVEN_UP_MS = 300;
let made = 0;

export async function cutEngine(engine: string): Promise<CutEngine> {
  const socketPath = engine.slice('unix://'.length);
  const own = join(tmpdir(), `homeostat-cut-${process.pid}-${++made}`);
  let [left, isCut] = [Infinity, false];
  /** Whether this request is the one that nobody hears of. */
  const isLast = ({ method }: IncomingMessage): boolean =>
    method !== 'GET' && method !== 'HEAD' && --left === 0;
  const cut = (): void => {
    isCut = true;
    server.closeAllConnections();
  };
  const server: Server = createServer((from, to) => {
    if (isCut) {
      from.socket.destroy();
      return;
    }
    const last = isLast(from);
    const { method, url: path, headers } = from;
    const forth = request({ socketPath, method, path, headers }, (answer) => {
      if (last) answer.once('end', cut).resume();
      else answer.pipe(to.writeHead(answer.statusCode ?? 500, answer.headers));
    });
    forth.once('error', () => from.socket.destroy());
    from.pipe(forth);
  });
  // A program in a container is begun by a connection that speaks no HTTP from then on.
  server.on('upgrade', (from: IncomingMessage, socket) => {
    const last = isLast(from);
    const forth = connect(socketPath);
    const end = (): void => [socket, forth].forEach((one) => one.destroy());
    for (const one of [socket, forth]) one.on('error', end);
    if (isCut) end();
    const head = Object.entries(from.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
    forth.write(`${from.method} ${from.url} HTTP/1.1\r\n${head.join('')}\r\n`);
    socket.pipe(forth);
    if (last) void sleep(GIVEN_UP_MS).then(cut).then(end);
    else forth.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(own, resolve));
  return {
    host: `unix://${own}`,
    cutAfter: (nth) => void (left = nth),
    isCut: () => isCut,
    mend: () => void ([left, isCut] = [Infinity, false]),
    close() {
      server.closeAllConnections();
      server.close();
      rmSync(own, { force: true });
    },
  };
}
