import type { CommanderError } from 'commander';
import { asHomeostatError } from '../core/errors.ts';
import { visible } from '../core/visible.ts';
import { CLASS_EXIT, EXIT } from './exit-codes.ts';
import { jsonLine, print } from './terminal.ts';

// By its name, so that who needs no reader of options need not load one.
const isCommanders = (error: unknown): error is CommanderError =>
  error instanceof Error && error.name === 'CommanderError';

/** Who reads may go before all is told, as `head` does: that is no failure. */
const whenNobodyReads = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
};

/** Does one command's work; a failure is told as people or programs asked for it, and by the exit code. */
export async function reported(argv: readonly string[], work: () => Promise<unknown>): Promise<void> {
  process.stdout.on('error', whenNobodyReads);
  try {
    await work();
  } catch (error) {
    if (isCommanders(error)) {
      process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
      return;
    }
    const failure = asHomeostatError(error);
    if (argv.includes('--json')) print(jsonLine({ outcome: 'failed', result: null, error: failure.body() }));
    else
      process.stderr.write(
        `homeostat: ${failure.code}: ${visible(failure.message)}\n  ${visible(failure.next)}\n`,
      );
    process.exitCode = failure.code === 'invalid_input' ? EXIT.usage : CLASS_EXIT[failure.class];
  }
}
