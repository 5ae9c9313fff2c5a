import * as z from 'zod';
import { HomeostatError } from '../../core/errors.ts';
import type { CommandResult } from '../../core/command.ts';

export const commandOutput = z.object({
  exit_code: z.number().int().nullable(),
  signal: z.string().nullable(),
  timed_out: z.boolean(),
  stdout: z.string(),
  stderr: z.string(),
  omitted_bytes: z.number().int().describe('Printed but left out of the middle'),
  duration_ms: z.number(),
  kept: z.boolean().describe('Its changes stand although it failed'),
  guarantee: z.string().describe('What protected the machine while it ran'),
});
export type CommandOutput = z.infer<typeof commandOutput>;

export function outputOf(result: CommandResult, guarantee: string, keepFailed: boolean): CommandOutput {
  return {
    kept: keepFailed && (result.timedOut || result.exitCode !== 0),
    exit_code: result.exitCode,
    signal: result.signal,
    timed_out: result.timedOut,
    stdout: result.stdout,
    stderr: result.stderr,
    omitted_bytes: result.omittedBytes,
    duration_ms: result.durationMs,
    guarantee,
  };
}

/** What git says where the overlay of an ordinary user has made two files of two names. */
const SPLIT_LINK = /hardlink different from source/;
const NO_LINKS =
  'Use `git clone --no-hardlinks`: in the sandbox of an ordinary user files have one name each.';

/** Why a command counts as failed; null where it ended well. */
export function failureOf(output: CommandOutput): HomeostatError | null {
  if (output.timed_out)
    return new HomeostatError('timed_out', `the command ran longer than it may (${output.duration_ms} ms)`);
  if (output.exit_code === 0) return null;
  const what = `the command ended with ${output.signal ?? `exit code ${output.exit_code ?? '?'}`}`;
  return new HomeostatError('command_failed', what, SPLIT_LINK.test(output.stderr) ? { next: NO_LINKS } : {});
}
