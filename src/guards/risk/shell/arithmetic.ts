import { parse, type ArithmeticExpression } from 'unbash';
import { calculate, number, wrap } from './numbers.ts';
import type { Piece } from './piece.ts';
import type { Held, Scope } from './scope.ts';
import { FROM, HOLE, isKnown, known, type Value } from './value.ts';

/** Stands for a whole number that cannot be known. */
const NUMBER = '\u{FFFB}';

/** More than this is not worked out: names that name each other twice would double at each step. */
const MOST_STEPS = 2_000;
const DEEPEST = 64;

const REFERENCE = /^([A-Za-z_]\w*)(?:\[(.*)\])?$/s;
const ASSIGNMENT = /^(?:[-+*/%&^|]|<<|>>)?=$/;

/** A doubled sign that neither follows a name nor stands before one is two signs. */
const TWICE = /(?<![A-Za-z_]\w*\s*|\]\s*)([-+])(?=\1(?!\s*[A-Za-z_]))/g;

/** A number, or null where it cannot be known. */
type Result = bigint | null;

/** The result of an arithmetic text whose expansions are done. */
export function evaluate(pieces: readonly Piece[], scope: Scope, source: string): Value {
  const text = pieces
    .map(({ kind, text: piece, number: counts }) =>
      kind === 'break' ? ' ' : counts === true ? piece.replaceAll(HOLE, NUMBER) : piece,
    )
    .join('');
  // Nobody hides code in what an ordinary program prints, unless it was fetched or decoded.
  const open = pieces.filter((piece) => piece.number !== true && piece.text.includes(HOLE));
  const printed =
    open.length > 0 &&
    open.every((piece) => piece.printed === true && (piece.from & (FROM.network | FROM.decoded)) === 0);
  const run = new Run(scope, source, printed && !/[`$]/.test(text) ? 'MEDIUM' : 'HIGH');
  const result = run.text(text, 0);
  const from = pieces.reduce((sum, piece) => sum | piece.from, run.from);
  return result === null ? { ...known(HOLE, from), number: true } : known(String(result), from);
}

/** Looks into a name that a builtin is given, as in `unset 'x[$(rm y)]'`: bash evaluates its subscript. */
export function checkSubscript(name: Value, scope: Scope, source: string): void {
  const [, , subscript] = REFERENCE.exec(name.text) ?? [];
  if (!isKnown(name)) scope.evaluates(source);
  else if (subscript !== undefined && !/^[@*]$/.test(subscript)) new Run(scope, source).text(subscript, 0);
}

class Run {
  from = 0;
  private steps = 0;
  private told = false;
  /** True while it is not known whether bash comes here. */
  private doubtful = false;
  private readonly scope: Scope;
  private readonly source: string;
  /** How bad it is where it cannot be worked out. */
  private readonly level: 'MEDIUM' | 'HIGH';

  constructor(scope: Scope, source: string, level: 'MEDIUM' | 'HIGH' = 'HIGH') {
    this.scope = scope;
    this.level = level;
    this.source = source;
  }

  text(text: string, depth: number): Result {
    if (text.trim() === '') return 0n;
    if (/^\d{1,18}$/.test(text)) return number(text);
    if (/[`$\u{FFFC}]/u.test(text) || depth > DEEPEST || text.length > 4_096) return this.hidden();
    const read = text.replaceAll(TWICE, '$1 ');
    const script = parse(`((${read}))`);
    const command = script.commands[0]?.command;
    if (script.errors !== undefined || command?.type !== 'ArithmeticCommand' || command.body !== read)
      return null;
    return command.expression === undefined ? null : this.value(command.expression, depth);
  }

  private hidden(): null {
    if (!this.told) this.scope.evaluates(this.source, this.level);
    this.told = true;
    return null;
  }

  private value(node: ArithmeticExpression, depth: number): Result {
    this.steps += 1;
    if (this.steps > MOST_STEPS) return this.hidden();
    switch (node.type) {
      case 'ArithmeticGroup':
        return this.value(node.expression, depth);
      case 'ArithmeticWord':
        return this.word(node.value, depth);
      case 'ArithmeticTernary': {
        const test = this.value(node.test, depth);
        if (test !== null) return this.value(test === 0n ? node.alternate : node.consequent, depth);
        const results = [node.consequent, node.alternate].map((branch) => this.maybe(branch, depth));
        return results[0] === results[1] ? (results[0] ?? null) : null;
      }
      case 'ArithmeticUnary':
        return this.unary(node.operator, node.operand, node.prefix, depth);
      case 'ArithmeticBinary':
        return this.binary(node.operator, node.left, node.right, depth);
      default:
        return this.hidden();
    }
  }

  private maybe(node: ArithmeticExpression, depth: number): Result {
    const before = this.doubtful;
    this.doubtful = true;
    const result = this.value(node, depth);
    this.doubtful = before;
    return result;
  }

  private unary(operator: string, operand: ArithmeticExpression, prefix: boolean, depth: number): Result {
    const value = this.value(operand, depth);
    if (operator === '++' || operator === '--') {
      const name = operand.type === 'ArithmeticWord' ? operand.value.trim() : '';
      if (!REFERENCE.test(name)) return prefix ? value : null;
      const changed = value === null ? null : wrap(operator === '++' ? value + 1n : value - 1n);
      this.assign(name, changed, depth);
      return prefix ? changed : value;
    }
    if (value === null) return null;
    if (operator === '!') return value === 0n ? 1n : 0n;
    return operator === '~' ? ~value : wrap(operator === '-' ? -value : value);
  }

  private binary(
    operator: string,
    left: ArithmeticExpression,
    right: ArithmeticExpression,
    depth: number,
  ): Result {
    if (ASSIGNMENT.test(operator)) {
      const name = left.type === 'ArithmeticWord' ? left.value.trim() : '';
      const before = operator === '=' ? 0n : this.value(left, depth);
      const value = this.value(right, depth);
      const certain = before !== null && value !== null;
      const result = !certain || operator === '=' ? value : calculate(operator.slice(0, -1), before, value);
      if (!REFERENCE.test(name)) return null;
      this.assign(name, certain ? result : null, depth);
      return certain ? result : null;
    }
    const first = this.value(left, depth);
    if (operator === '&&' || operator === '||') {
      const decided = operator === '&&' ? 0n : 1n;
      if (first !== null && BigInt(first !== 0n) === decided) return decided;
      const second = first === null ? this.maybe(right, depth) : this.value(right, depth);
      if (second === null) return null;
      return first !== null || BigInt(second !== 0n) === decided ? BigInt(second !== 0n) : null;
    }
    const second = this.value(right, depth);
    if (operator === ',') return second;
    return first === null || second === null ? null : calculate(operator, first, second);
  }

  private word(text: string, depth: number): Result {
    const word = text.trim();
    if (/^\d/.test(word)) return number(word);
    const [, name, subscript] = REFERENCE.exec(word) ?? [];
    if (name === undefined) return null;
    const held = this.element(this.scope.get(name), subscript, depth);
    if (held === undefined) return 0n;
    if (held === null) return null;
    this.from |= held.from;
    const content =
      held.number === true || held.outside === true ? held.text.replaceAll(HOLE, NUMBER) : held.text;
    return content.includes(NUMBER) && /^[-+\s\d\u{FFFB}]*$/u.test(content)
      ? null
      : this.text(content, depth + 1);
  }

  /** What stands at a subscript; null where it cannot be known. */
  private element(
    held: Held | undefined,
    subscript: string | undefined,
    depth: number,
  ): Value | null | undefined {
    const key = subscript === undefined ? '0' : this.key(held, subscript, depth);
    if (held === undefined) return undefined;
    if ('text' in held) return key === '0' || !isKnown(held) ? held : key === null ? null : undefined;
    return key === null || [...held.keys()].some((at) => at.includes(HOLE)) ? null : held.get(key);
  }

  private key(held: Held | undefined, subscript: string, depth: number): string | null {
    const names = held !== undefined && !('text' in held) ? [...held.keys()] : [];
    if (names.some((name) => !/^\d+$/.test(name))) {
      return /[`$\u{FFFC}]/u.test(subscript) ? this.hidden() : subscript;
    }
    const index = this.text(subscript, depth + 1);
    if (index === null || index >= 0n) return index?.toString() ?? null;
    const from = BigInt(Math.max(-1, ...names.map(Number)) + 1) + index;
    return from < 0n ? null : from.toString();
  }

  private assign(reference: string, result: Result, depth: number): void {
    const [, name = '', subscript] = REFERENCE.exec(reference) ?? [];
    const value: Value =
      result === null || this.doubtful
        ? { ...known(HOLE, this.from), number: true }
        : known(result.toString(), this.from);
    const held = this.scope.get(name);
    if (subscript === undefined && (held === undefined || 'text' in held)) {
      this.scope.set(name, value);
      return;
    }
    const key = subscript === undefined ? '0' : this.key(held, subscript, depth);
    const before = held === undefined ? new Map() : 'text' in held ? new Map([['0', held]]) : held;
    this.scope.set(name, key === null ? value : new Map([...before, [key, value]]));
  }
}
