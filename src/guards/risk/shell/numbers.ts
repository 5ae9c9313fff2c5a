/** The integers of bash have 64 bits. */
export const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);

const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ@_';

/** A number as arithmetic writes it: 10, 017, 0x1f, 8#17; null where it is none. */
export function number(text: string): bigint | null {
  if (text.length > 100) return null;
  if (/^0[xX][0-9a-fA-F]*$/.test(text)) return text.length === 2 ? 0n : wrap(BigInt(text));
  if (/^0[0-7]*$/.test(text)) return wrap(BigInt(`0o0${text.slice(1)}`));
  if (/^[1-9]\d*$/.test(text)) return wrap(BigInt(text));
  const [, base = '0', digits = ''] = /^([1-9]\d?)#([\w@]+)$/.exec(text) ?? [];
  const radix = Number(base);
  if (radix < 2 || radix > 64) return null;
  let sum = 0n;
  for (const digit of radix <= 36 ? digits.toLowerCase() : digits) {
    const worth = DIGITS.indexOf(digit);
    if (worth >= radix) return null;
    sum = wrap(sum * BigInt(radix) + BigInt(worth));
  }
  return sum;
}

/** The result of an operator; null where bash would stop with an error. */
export function calculate(operator: string, a: bigint, b: bigint): bigint | null {
  switch (operator) {
    case '+':
      return wrap(a + b);
    case '-':
      return wrap(a - b);
    case '*':
      return wrap(a * b);
    case '/':
      return b === 0n ? null : wrap(a / b);
    case '%':
      return b === 0n ? null : wrap(a % b);
    case '**':
      return b < 0n ? null : power(a, b);
    case '<<':
      return wrap(a << (b & 63n));
    case '>>':
      return a >> (b & 63n);
    case '&':
      return a & b;
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    default:
      return compare(operator, a, b);
  }
}

function compare(operator: string, a: bigint, b: bigint): bigint | null {
  const results: Readonly<Record<string, boolean>> = {
    '==': a === b,
    '!=': a !== b,
    '<': a < b,
    '>': a > b,
    '<=': a <= b,
    '>=': a >= b,
  };
  const result = results[operator];
  return result === undefined ? null : BigInt(result);
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = wrap(result * square);
    square = wrap(square * square);
  }
  return result;
}
