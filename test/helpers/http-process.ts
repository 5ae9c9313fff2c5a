import { type ChildProcess, spawn } from 'node:child_process';
import { BIN } from './client.ts';
import { asPerson } from './cli-process.ts';
import type { Scratch } from './scratch.ts';

export interface HttpProcess {
  readonly url: URL;
  readonly child: ChildProcess;
  /** Ends it, and answers how it ended. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** The built package as a server of its own, on any port that is free. */
export async function httpProcess(place: Scratch, args: string[] = []): Promise<HttpProcess> {
  const child = spawn(process.execPath, [BIN, 'serve', '--http', '--port', '0', ...args], {
    cwd: place.root,
    env: place.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const url = await new Promise<URL>((resolve, reject) => {
    let said = '';
    child.once('exit', () => reject(new Error(said)));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
      const found = /http:\/\/\S+\/mcp/.exec(said)?.[0];
      if (found !== undefined) resolve(new URL(found));
    });
  });
  return {
    url,
    child,
    end: async (signal) =>
      new Promise((resolve) => {
        child.once('exit', (code) => resolve(code));
        child.kill(signal);
      }),
  };
}

/** A token made by a person at the command line. */
export async function tokenFor(place: Scratch, name: string, args: string[] = []): Promise<string> {
  const { stdout, stderr, code } = await asPerson(place, ['token', 'add', name, ...args]);
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
}
