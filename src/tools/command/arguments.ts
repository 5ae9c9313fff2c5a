import { HomeostatError } from '../../core/errors.ts';

/** Linux takes no single argument or variable longer than this, its final NUL included (execve(2)). */
const LONGEST_ARGUMENT = 131_072;

/** Refuses, before anything is recorded as begun, what no system could start. */
export function checkArguments(texts: readonly string[]): void {
  if (texts.some((text) => text.includes('\0')))
    throw new HomeostatError('invalid_input', 'command, env: a NUL byte cannot be passed to a program');
  const longest = Math.max(...texts.map((text) => Buffer.byteLength(text)));
  if (longest >= LONGEST_ARGUMENT)
    throw new HomeostatError(
      'too_large',
      `command, env: ${longest} bytes, the limit is ${LONGEST_ARGUMENT - 1}`,
    );
}
