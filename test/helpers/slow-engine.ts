import { rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SlowEngine {
  /** As in `DOCKER_HOST`. */
  readonly host: string;
  close(): void;
}

let made = 0;

/** A way to an engine on which all that it says comes so many milliseconds late. */
export async function slowEngine(engine: string, ms: number): Promise<SlowEngine> {
  const own = join(tmpdir(), `homeostat-slow-${process.pid}-${++made}`);
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const forth = connect({ path: engine.slice('unix://'.length), allowHalfOpen: true });
    const late = (work: () => void): void => void setTimeout(work, ms);
    client.on('data', (chunk) => forth.write(chunk)).on('end', () => forth.end());
    forth.on('data', (chunk) => late(() => client.write(chunk))).on('end', () => late(() => client.end()));
    client.on('error', () => forth.destroy()).on('close', () => forth.destroy());
    forth.on('error', () => late(() => client.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(own, resolve));
  return {
    host: `unix://${own}`,
    close() {
      server.close();
      rmSync(own, { force: true });
    },
  };
}
