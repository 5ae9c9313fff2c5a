import { once } from 'node:events';
import { isAbsolute } from 'node:path';
import type { Assessment, Assessor } from '../core/assessor.ts';
import { linesOf, TOO_LONG } from './json-lines.ts';
import { jsonLine } from './terminal.ts';

/** Enough for a command of a megabyte with every character escaped. */
const MOST_CHARACTERS = 8 * 1024 * 1024;

type Answer = { id: unknown; error: string } | ({ id: unknown } & Assessment);

/** Answers each line of a stream by a line, in order; no line ends it but the last. */
export async function assessLines(
  input: AsyncIterable<Buffer | string>,
  output: NodeJS.WritableStream,
  assessor: Assessor,
): Promise<void> {
  let gone = false;
  // Whoever reads may stop at any time, as `head` does.
  const leave = (): void => void (gone = true);
  output.on('error', leave);
  try {
    for await (const lines of linesOf(input, MOST_CHARACTERS)) {
      if (gone) return;
      const answers = lines.map((line) => `${jsonLine(answer(line, assessor))}\n`);
      if (!output.write(answers.join('')) && !gone) await drained(output).catch(leave);
    }
  } finally {
    output.off('error', leave);
  }
}

/** Waits until a reader has caught up, or has left. */
async function drained(output: NodeJS.WritableStream): Promise<void> {
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    await Promise.race([once(output, 'drain', { signal }), once(output, 'close', { signal })]);
  } finally {
    waiting.abort();
  }
}

/** What a line of JSON says; undefined where it is none. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function answer(line: string | typeof TOO_LONG, assessor: Assessor): Answer {
  if (line === TOO_LONG) return { id: null, error: `the line is longer than ${MOST_CHARACTERS} characters` };
  let id: unknown = null;
  try {
    const asked = parsed(line);
    if (typeof asked !== 'object' || asked === null) return { id, error: 'not a JSON object' };
    const { command, cwd = process.cwd(), ...rest } = asked as Record<string, unknown>;
    id = rest['id'] ?? null;
    if (typeof command !== 'string') return { id, error: 'command: a text is needed' };
    if (typeof cwd !== 'string' || !isAbsolute(cwd)) return { id, error: 'cwd: not an absolute path' };
    return { id, ...assessor.assess(command, cwd) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}
