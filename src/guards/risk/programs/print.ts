import { FROM, HOLE, type Value, joined, known, unknown } from '../shell/value.ts';
import type { Handler } from './engine.ts';

const MOST = 64 * 1024;

/** `echo words`. */
export const echo: Handler = ({ args }) => {
  let words = args;
  let escapes = false;
  let newline = true;
  while (words[0] !== undefined && /^-[neE]+$/.test(words[0].text)) {
    escapes = /e/.test(words[0].text) || (escapes && !/E/.test(words[0].text));
    if (/n/.test(words[0].text)) newline = false;
    words = words.slice(1);
  }
  const line = joined(words, ' ');
  const text = escapes ? unescaped(line.text) : line.text;
  return { ...known(newline ? `${text}\n` : text, line.from) };
};

/** `printf format words`. */
export const printf: Handler = ({ args }) => {
  const [first] = args;
  const words = first?.text === '--' ? args.slice(1) : first?.text === '-v' ? args.slice(2) : args;
  return formatted(words);
};

/** `printenv names`: without names it prints all that the environment holds. */
export const printenv: Handler = ({ parsed }) =>
  unknown(FROM.input | (parsed.operands.length === 0 ? FROM.environment : 0));

/** `yes`: it does not stop by itself. */
export const yes: Handler = () => unknown(FROM.endless);

/** What printf makes of its format and its words; a hole where that cannot be known. */
export function formatted([format, ...words]: readonly Value[]): Value {
  if (format === undefined) return known('');
  const from = joined([format, ...words]).from;
  if (format.text === HOLE || words.some((word) => word.splits)) return { ...known(HOLE, from) };
  let rest = [...words];
  let text = '';
  do {
    const before = rest.length;
    text += format.text.replaceAll(
      /\\(?:x[\da-fA-F]{1,2}|u[\da-fA-F]{1,4}|0?[0-7]{1,3}|.)|%(-?\d*(?:\.\d+)?)([sbdqixXcuoeEfgG%]|\([^)]*\)T)/gs,
      (piece, _width, kind?: string) => {
        if (kind === undefined) return unescaped(piece);
        if (kind === '%') return '%';
        const [word, ...more] = rest;
        rest = more;
        const value = word?.text ?? '';
        if (kind === 'b') return unescaped(value);
        if (kind === 'c') return value.slice(0, 1);
        if (kind === 'x' || kind === 'X' || kind === 'o')
          return Number.isInteger(Number(value)) ? Number(value).toString(kind === 'o' ? 8 : 16) : HOLE;
        return kind.endsWith('T') || /[eEfgG]/.test(kind) ? HOLE : value;
      },
    );
    if (rest.length === before) break;
  } while (rest.length > 0 && text.length < MOST);
  return known(text.length > MOST ? HOLE : text, from);
}

const SIGNS: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  e: '\x1B',
  f: '\f',
  v: '\v',
  '\\': '\\',
};

function unescaped(text: string): string {
  return text.replaceAll(
    /\\(?:x([\da-fA-F]{1,2})|u([\da-fA-F]{1,4})|0?([0-7]{1,3})|(.))/gs,
    (piece, hex?: string, wide?: string, octal?: string, sign?: string) => {
      if (hex !== undefined || wide !== undefined)
        return String.fromCodePoint(Number.parseInt(hex ?? wide ?? '', 16));
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8) & 0xff);
      return SIGNS[sign ?? ''] ?? piece;
    },
  );
}
