import type { Machine } from './machine.ts';
import { format } from './pure/format.ts';
import { choice, each2, list, named, number, text, textOf, UNKNOWN, type Value } from './value.ts';

export const ASSIGNS = new Set([
  '=',
  ':=',
  '+=',
  '.=',
  '||=',
  '??=',
  '//=',
  '-=',
  '*=',
  '/=',
  '%=',
  '|=',
  '&=',
  '<<=',
  '>>=',
  '**=',
  'x=',
  '^=',
]);

const LENGTH = 1 << 16;

export function unary(m: Machine, operator: string, value: Value): Value {
  if (operator === '-') return value.kind === 'number' ? number(-value.number) : UNKNOWN;
  if (operator === '~' && value.kind === 'number') return number(~value.number);
  if (operator === '!' || operator === '#') return UNKNOWN;
  return (operator === '@' || operator === '$') && m.language === 'awk' ? UNKNOWN : value;
}

/** What an operator makes of two values; `insert` puts a value into a string. */
export function binary(m: Machine, operator: string, left: Value, right: Value): Value {
  return each2(left, right, (a, b) => one(m, operator, a, b));
}

function one(m: Machine, operator: string, a: Value, b: Value): Value {
  switch (operator) {
    case 'or':
    case '||':
    case '??':
      return choice([a, b]);
    case '//':
      return m.language === 'perl' ? choice([a, b]) : numbers(operator, a, b);
    case 'and':
    case '&&':
      return b;
    case '%':
      return a.kind === 'text' ? format(a.text, b.kind === 'list' ? b.items : [b]) : numbers(operator, a, b);
    case '*':
    case 'x':
      return repeated(a, b) ?? repeated(b, a) ?? numbers(operator, a, b);
    case '/':
      return path(a, b) ?? numbers(operator, a, b);
    case '<<':
      return m.language === 'ruby' && a.kind === 'text' ? concatenated(a, b) : numbers(operator, a, b);
    case 'insert':
      return concatenated(a, b);
    default:
      return m.traits.concatenation.has(operator) ? added(operator, a, b) : numbers(operator, a, b);
  }
}

function added(operator: string, a: Value, b: Value): Value {
  if (a.kind === 'list' && b.kind === 'list') return list([...a.items, ...b.items]);
  return operator === '+' && a.kind === 'number' && b.kind === 'number'
    ? number(a.number + b.number)
    : concatenated(a, b);
}

/** The text of a value that is put into a string. */
const shown = (value: Value): string | null =>
  value.kind === 'named' && value.name.endsWith('Path()') ? textOf(value.args[0]) : textOf(value);

export function concatenated(a: Value, b: Value): Value {
  const left = shown(a);
  const right = shown(b);
  return left === null || right === null || left.length + right.length > LENGTH
    ? UNKNOWN
    : text(left + right);
}

function repeated(a: Value, b: Value): Value | null {
  if (a.kind !== 'text' || b.kind !== 'number') return null;
  const count = Math.max(0, b.number);
  return a.text.length * count > LENGTH || !Number.isInteger(count) ? UNKNOWN : text(a.text.repeat(count));
}

/** The files below a path that fit a pattern: `Path('a').glob('*')`. */
export function below(of: Value, pattern: string): Value {
  const base = of.kind === 'named' ? textOf(of.args[0]) : null;
  return base === null || of.kind !== 'named'
    ? UNKNOWN
    : list([named(of.name, null, [text(`${base}/${pattern}`)])]);
}

/** `Path('a') / 'b'`. */
function path(a: Value, b: Value): Value | null {
  if (a.kind !== 'named') return null;
  const [base, further] = [textOf(a.args[0]), textOf(b)];
  const joined =
    base === null || further === null
      ? UNKNOWN
      : text(further.startsWith('/') ? further : `${base}/${further}`);
  return named(a.name, null, [joined]);
}

function numbers(operator: string, a: Value, b: Value): Value {
  const [x, y] = [codeOf(a), codeOf(b)];
  if (x === null || y === null) return UNKNOWN;
  const result = ARITHMETIC[operator]?.(x, y);
  return result === undefined || !Number.isFinite(result) ? UNKNOWN : number(result);
}

/** A number, or (as of a byte) the code of a single character. */
function codeOf(value: Value): number | null {
  if (value.kind === 'number') return value.number;
  return value.kind === 'text' && value.text.length === 1 ? value.text.charCodeAt(0) : null;
}

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '//': (a, b) => Math.floor(a / b),
  '%': (a, b) => a % b,
  '^': (a, b) => a ^ b,
  '|': (a, b) => a | b,
  '&': (a, b) => a & b,
  '<<': (a, b) => a << b,
  '>>': (a, b) => a >> b,
  '**': (a, b) => a ** b,
};
