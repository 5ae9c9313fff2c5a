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

/** Reads one line from a terminal without showing it. */
export async function askSecret(question: string): Promise<string> {
  if (!atTerminal()) throw new HomeostatError('terminal_required', 'a passphrase is asked for at a terminal');
  const { stdin } = process;
  // Before the question, so that nothing typed in answer to it is echoed.
  stdin.setRawMode(true);
  process.stderr.write(question);
  stdin.resume();
  stdin.setEncoding('utf8');
  try {
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
      const done = (end: () => void): void => {
        stdin.off('data', onData);
        end();
      };
      stdin.on('data', onData);
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
