/**
 * Which escapes a string knows: those of C and its heirs, those of Lua, only its quote and the backslash, those that
 * guard its quote and stay as they are, or none.
 */
export type Escapes = 'full' | 'decimal' | 'quote' | 'raw' | 'none';

const CONTROL: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  e: '\x1B',
  f: '\f',
  n: '\n',
  r: '\r',
  s: ' ',
  t: '\t',
  v: '\v',
};
const HEXADECIMAL =
  /x\{\s*([\dA-Fa-f]{1,6})\s*\}|x([\dA-Fa-f]{1,2})|u\{\s*([\dA-Fa-f]{1,6})\s*\}|u([\dA-Fa-f]{4})|U([\dA-Fa-f]{8})/y;
const OCTAL = /o\{([0-7]{1,7})\}|([0-7]{1,3})/y;
const DECIMAL = /\d{1,3}/y;

/** What the escape after the backslash at `at` stands for, and where it ends. */
export function readEscape(
  source: string,
  at: number,
  escapes: 'full' | 'decimal',
): { text: string; end: number } {
  HEXADECIMAL.lastIndex = at;
  const hexadecimal = HEXADECIMAL.exec(source);
  if (hexadecimal !== null) return found(hexadecimal, 16, at);
  const digits = escapes === 'decimal' ? DECIMAL : OCTAL;
  digits.lastIndex = at;
  const numeric = digits.exec(source);
  if (numeric !== null) return found(numeric, escapes === 'decimal' ? 10 : 8, at);
  const character = source[at] ?? '';
  if (character === '\n') return { text: '', end: at + 1 };
  return { text: CONTROL[character] ?? character, end: at + 1 };
}

function found(match: RegExpExecArray, radix: number, at: number): { text: string; end: number } {
  const digits = match.slice(1).find((group) => group !== undefined) ?? match[0];
  const code = Number.parseInt(digits, radix);
  return { text: code > 0x10ffff ? '\uFFFD' : String.fromCodePoint(code), end: at + match[0].length };
}
