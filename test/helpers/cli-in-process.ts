import { Readable } from 'node:stream';
import { vi } from 'vitest';
import { main } from '../../src/cli/program.ts';
import type { Scratch } from './scratch.ts';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** What was printed, as JSON. */
  json(): Record<string, unknown>;
}

/** Read by a function, since the compiler believes that nothing has changed it. */
const exitCode = (): number => Number(process.exitCode ?? 0);

/** One command of the CLI in this process, on folders of its own, without a terminal; `typed` is its standard input. */
export async function cli(place: Scratch, args: readonly string[], typed = ''): Promise<Said> {
  const kept = { cwd: process.cwd(), env: process.env, exitCode: process.exitCode };
  const stdin = Object.getOwnPropertyDescriptor(process, 'stdin');
  const said = { out: '', err: '' };
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((said.out += String(text)), true)),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((said.err += String(text)), true)),
  ];
  try {
    process.chdir(place.root);
    process.env = place.env;
    process.exitCode = undefined;
    Object.defineProperty(process, 'stdin', { value: Readable.from([typed]), configurable: true });
    await main(['node', 'homeostat', ...args]);
    const code = exitCode();
    return { ...said, code, json: () => JSON.parse(said.out) as Record<string, unknown> };
  } finally {
    for (const spy of spies) spy.mockRestore();
    if (stdin !== undefined) Object.defineProperty(process, 'stdin', stdin);
    process.chdir(kept.cwd);
    process.env = kept.env;
    process.exitCode = kept.exitCode;
  }
}
