import { execa } from 'execa';
import { BIN } from './client.ts';
import { PASSPHRASE } from './app.ts';
import type { Scratch } from './scratch.ts';

export interface CliResult {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built CLI as a process of its own; what is given as `input` is its standard input. */
export async function cli(place: Scratch, args: string[], input = ''): Promise<CliResult> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [BIN, ...args], {
    cwd: place.root,
    env: place.env,
    extendEnv: false,
    input,
    reject: false,
  });
  return { code: exitCode, stdout, stderr };
}

/** The same, with the passphrase on standard input. */
export const asPerson = async (place: Scratch, args: string[]): Promise<CliResult> =>
  cli(place, [...args, '--passphrase-stdin'], `${PASSPHRASE}\n`);
