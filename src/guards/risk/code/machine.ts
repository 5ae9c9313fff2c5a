import type { CodeFinding } from './finding.ts';
import type { Token } from './token.ts';
import type { Expressive, Traits } from './traits.ts';
import { choice, type Closure, UNKNOWN, type Value } from './value.ts';

/** What was found so far, and why there may be more. */
export interface Findings {
  readonly findings: CodeFinding[];
  hidden: string | null;
}

/** Where in the code the evaluation stands, and what it has found so far. */
export interface Machine extends Findings {
  readonly language: Expressive;
  readonly traits: Traits;
  readonly source: string;
  readonly args: readonly (string | null)[];
  readonly variables: Map<string, Value>;
  /** Modules all of whose names were imported. */
  readonly opened: string[];
  /** Functions that were written and not called. */
  readonly uncalled: Set<Closure>;
  /** Functions whose bodies were read for any argument. */
  readonly read: Set<Closure>;
  /** Functions whose bodies are being evaluated; none is entered twice. */
  readonly active: Set<Closure>;
  tokens: readonly Token[];
  at: number;
  end: number;
  /** What the last operand can be assigned as. */
  place: string | null;
  /** False once what runs depends on a condition, so that an assignment only adds to what a name may hold. */
  straight: boolean;
  returned: Value | null;
  /** Assigned where that may not happen, so that code before it may see the value too, in a loop. */
  readonly wavering: Set<string>;
  fuel: number;
  depth: number;
  /** Calls a function with arguments; the call stands in the code between two places. */
  readonly invoke: (m: Machine, callee: Value, args: readonly Value[], from: number, to: number) => Value;
  readonly statements: (m: Machine) => Value;
  readonly expression: (m: Machine, minimum?: number) => Value;
}

const DEPTH = 120;

export function hide(m: Findings, why: string): void {
  m.hidden ??= why;
}

/** Pays for a step; false where none may be done any more, and then the code counts as hidden. */
export function spend(m: Machine, steps = 1): boolean {
  m.fuel -= steps;
  if (m.fuel >= 0 && m.depth <= DEPTH) return true;
  hide(m, 'the code is too long or too deeply nested to follow');
  m.at = m.end;
  return false;
}

export const peek = (m: Machine, ahead = 0): Token | undefined => {
  const at = m.at + ahead;
  return at < m.end ? m.tokens[at] : undefined;
};

export const isWord = (token: Token | undefined, text: string): boolean =>
  token !== undefined && token.text === text && (token.kind === 'punctuation' || token.kind === 'name');

export function take(m: Machine, text: string): boolean {
  if (!isWord(peek(m), text)) return false;
  m.at++;
  return true;
}

export function skipNewlines(m: Machine): void {
  while (peek(m)?.kind === 'newline') m.at++;
}

export function assign(m: Machine, name: string, value: Value): void {
  const before = m.variables.get(name);
  if (m.straight || before === undefined) m.variables.set(name, value);
  else if (before !== value) m.variables.set(name, choice([before, value]));
  if (!m.straight) m.wavering.add(name);
}

/** The bracket that closes the one at `open`, or where the code ends. */
export function closing(m: Machine, open: number): number {
  let known = CLOSING.get(m.tokens);
  if (known === undefined) CLOSING.set(m.tokens, (known = pairs(m.tokens)));
  return Math.min(known.get(open) ?? m.end, m.end);
}
const CLOSING = new WeakMap<readonly Token[], Map<number, number>>();

function pairs(tokens: readonly Token[]): Map<number, number> {
  const found = new Map<number, number>();
  const open: number[] = [];
  tokens.forEach((token, index) => {
    if (token.kind !== 'punctuation') return;
    if (/[([{]$/.test(token.text)) open.push(index);
    else if (/^[)\]}]$/.test(token.text)) found.set(open.pop() ?? -1, index);
  });
  return found;
}

/** Evaluates other words with `run`, and comes back. */
export function within(
  m: Machine,
  tokens: readonly Token[],
  from: number,
  to: number,
  run: (m: Machine) => Value,
): Value {
  const { tokens: outer, at, end } = m;
  if (!spend(m)) return UNKNOWN;
  Object.assign(m, { tokens, at: from, end: to, depth: m.depth + 1 });
  const value = run(m);
  Object.assign(m, { tokens: outer, at, end, depth: m.depth - 1 });
  return value;
}
