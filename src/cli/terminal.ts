import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';
import { HomeostatError } from '../core/errors.ts';

type Style = Parameters<typeof styleText>[0];

/** Colours only where somebody looks; NO_COLOR is obeyed. */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return painted(stream) ? styleText(style, text, { validateStream: false }) : text;
}

export const painted = (stream: NodeJS.WriteStream = process.stdout): boolean =>
  stream.isTTY && !process.env['NO_COLOR'];

export const print = (text: string): void =>
  void process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
export const note = (text: string): void => void process.stderr.write(`${text}\n`);

export const atTerminal = (): boolean => process.stdin.isTTY && process.stderr.isTTY;

/** What is not plain in JSON may move what a terminal shows, though JSON lets it stand; a line break is layout. */
const NOT_PLAIN = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const plain = (json: string): string =>
  json.replaceAll(NOT_PLAIN, (sign) =>
    Array.from(
      { length: sign.length },
      (_, place) => `\\u${sign.charCodeAt(place).toString(16).padStart(4, '0')}`,
    ).join(''),
  );

/** JSON on one line that a terminal shows as it is. */
export const jsonLine = (value: unknown): string => plain(JSON.stringify(value));
/** The same laid out for people. */
export const jsonText = (value: unknown): string => plain(JSON.stringify(value, null, 2));

const AHEAD_MS = 100;

/** What was typed before a question was shown is no answer to it: a model may have asked for it in its own words. */
async function dropTypedAhead(): Promise<void> {
  const drop = (): void => undefined;
  process.stdin.on('data', drop).resume();
  await sleep(AHEAD_MS);
  process.stdin.off('data', drop);
}

/** Reads one line from a terminal without showing it, until `ends`. */
export async function askSecret(question: string, ends?: AbortSignal): Promise<string> {
  if (!atTerminal()) throw new HomeostatError('terminal_required', 'a passphrase is asked for at a terminal');
  const { stdin } = process;
  // Before the question, so that nothing typed in answer to it is echoed.
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  try {
    await dropTypedAhead();
    process.stderr.write(question);
    return await new Promise<string>((resolve, reject) => {
      let typed = '';
      const onData = (chunk: string): void => {
        for (const key of chunk) {
          if (key === '\r' || key === '\n') return done(() => resolve(typed));
          if (key === '\u0003' || key === '\u0004')
            return done(() => reject(new HomeostatError('cancelled', 'cancelled at the terminal')));
          typed = key === '\u007f' || key === '\b' ? typed.slice(0, -1) : typed + key;
        }
      };
      const cancel = (): void =>
        done(() => reject(new HomeostatError('cancelled', 'no answer was waited for')));
      const done = (end: () => void): void => {
        stdin.off('data', onData);
        ends?.removeEventListener('abort', cancel);
        end();
      };
      stdin.on('data', onData);
      ends?.addEventListener('abort', cancel);
      if (ends?.aborted === true) cancel();
    });
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    process.stderr.write('\n');
  }
}

/** The first line of standard input, for scripts and tests. */
export async function readLine(): Promise<string> {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin as AsyncIterable<string>) {
    text += chunk;
    if (text.includes('\n')) break;
  }
  return text.split(/\r?\n/)[0] ?? '';
}

/** Shows what long work is doing, in one line that comes and goes. */
export function progressLine(): (message: string) => void {
  if (!process.stderr.isTTY) return () => undefined;
  process.once('exit', () => process.stderr.write('\r\u001b[K'));
  return (message) => void process.stderr.write(`\r\u001b[K${message.slice(0, 78)}`);
}
