import { member } from './lookup.ts';
import { closing, isWord, type Machine, peek, spend, within } from './machine.ts';
import type { Closure, Parameter, Value } from './value.ts';
import { UNKNOWN } from './value.ts';

/** The function that is written here, taken; null where none is. */
export function closureAt(m: Machine): Closure | null {
  const token = peek(m);
  if (m.language === 'python') return token?.text === 'lambda' && token.kind === 'name' ? lambda(m) : null;
  if (m.language !== 'javascript' || token === undefined) return null;
  if (isWord(token, 'function')) return functionWord(m);
  if (isWord(token, 'async') && (peek(m, 1)?.kind === 'name' || peek(m, 1)?.text === '(')) {
    m.at++;
    const closure = closureAt(m);
    if (closure === null) m.at--;
    return closure;
  }
  if (token.kind === 'name' && isWord(peek(m, 1), '=>')) return arrow(m, m.at, m.at + 1);
  if (token.text !== '(' || token.kind !== 'punctuation') return null;
  const close = closing(m, m.at);
  return isWord(m.tokens[close + 1], '=>') ? arrow(m, m.at + 1, close) : null;
}

const noted = (m: Machine, closure: Closure): Closure => {
  m.uncalled.add(closure);
  return closure;
};

function lambda(m: Machine): Closure {
  const from = m.at + 1;
  let colon = from;
  while (colon < m.end && !isWord(m.tokens[colon], ':') && spend(m)) colon++;
  return expressionBody(m, parameters(m, from, colon), colon + 1);
}

function arrow(m: Machine, from: number, to: number): Closure {
  const taken = parameters(m, from, to);
  let body = to + 1;
  if (isWord(m.tokens[to], ')')) body++;
  if (isWord(m.tokens[to], '=>')) body = to + 1;
  return isWord(m.tokens[body], '{') ? bracedBody(m, taken, body) : expressionBody(m, taken, body);
}

function functionWord(m: Machine): Closure | null {
  let open = m.at + 1;
  while (open < m.at + 4 && !isWord(m.tokens[open], '(')) open++;
  const close = closing(m, open);
  if (!isWord(m.tokens[open], '(') || !isWord(m.tokens[close + 1], '{')) return null;
  const name = m.tokens[open - 1];
  const closure = bracedBody(m, parameters(m, open + 1, close), close + 1);
  if (name?.kind === 'name' && name.text !== 'function') m.variables.set(name.text, closure);
  return closure;
}

function bracedBody(m: Machine, taken: readonly Parameter[], open: number): Closure {
  const close = closing(m, open);
  m.at = Math.min(close + 1, m.end);
  return noted(m, {
    kind: 'closure',
    parameters: taken,
    tokens: m.tokens,
    from: open + 1,
    to: close,
    returnsBody: false,
  });
}

function expressionBody(m: Machine, taken: readonly Parameter[], from: number): Closure {
  let to = from;
  while (to < m.end && spend(m)) {
    const token = m.tokens[to];
    if (token?.kind === 'punctuation' && /^[,;)\]}]$/.test(token.text)) break;
    if (token?.kind === 'newline' && !goesOn(m, to)) break;
    if (m.language === 'python' && isWord(token, 'for')) break;
    to = token?.kind === 'punctuation' && /[([{]$/.test(token.text) ? closing(m, to) + 1 : to + 1;
  }
  m.at = Math.min(to, m.end);
  return noted(m, {
    kind: 'closure',
    parameters: taken,
    tokens: m.tokens,
    from,
    to: m.at,
    returnsBody: true,
  });
}

/** True for a line break between an operator and its operand. */
const goesOn = (m: Machine, at: number): boolean =>
  m.language === 'javascript' &&
  (/^(?:[-+*/%&|^<>=?:.]+|in|instanceof)$/.test(m.tokens[at - 1]?.text ?? '') ||
    /^(?:[*/%&|^<>=?:]+|\.|\?\.)$/.test(m.tokens[at + 1]?.text ?? ''));

/** Python's `def`: the body is the rest of the line, or the lines that stand further in. */
export function definition(m: Machine, indent: number): void {
  const name = peek(m, 1);
  const open = m.at + 2;
  if (name?.kind !== 'name' || !isWord(m.tokens[open], '(')) return void m.at++;
  const close = closing(m, open);
  let from = close + 1;
  while (from < m.end && !isWord(m.tokens[from], ':') && m.tokens[from]?.kind !== 'newline') from++;
  const isBlock = m.tokens[from + 1]?.kind === 'newline';
  let to = from + (isBlock ? 2 : 1);
  for (; to < m.end && spend(m); to++) {
    const token = m.tokens[to];
    if (token?.kind !== 'newline') continue;
    if (!isBlock || (token.text.length <= indent && m.tokens[to + 1]?.kind !== 'newline')) break;
  }
  m.at = Math.min(to, m.end);
  const taken = parameters(m, open + 1, close);
  const closure: Closure = {
    kind: 'closure',
    parameters: taken,
    tokens: m.tokens,
    from: from + 1,
    to: m.at,
    returnsBody: false,
  };
  m.variables.set(name.text, noted(m, closure));
}

/** Ruby's `{ |x| … }`; null where a hash, or a block without parameters, stands here. */
export function rubyBlock(m: Machine): Closure | null {
  if (!isWord(peek(m, 1), '|')) return null;
  const close = closing(m, m.at);
  let bar = m.at + 2;
  while (bar < close && !isWord(m.tokens[bar], '|')) bar++;
  const taken = parameters(m, m.at + 2, bar);
  m.at = Math.min(close + 1, m.end);
  return noted(m, {
    kind: 'closure',
    parameters: taken,
    tokens: m.tokens,
    from: bar + 1,
    to: close,
    returnsBody: true,
  });
}

/** The names between two places, as `a, {b: c, d}, e = 1` binds them. */
export function parameters(m: Machine, from: number, to: number): Parameter[] {
  const found: Parameter[] = [];
  let index = 0;
  let braces = 0;
  for (let at = from; at < to && spend(m); at++) {
    const token = m.tokens[at];
    const before = m.tokens[at - 1];
    if (isWord(token, '{')) braces++;
    else if (isWord(token, '}')) braces--;
    else if (isWord(token, ',') && braces === 0) index++;
    else if (
      token?.kind === 'name' &&
      (at === from || /^[(,{|[*]$|^\*\*$|^\.\.\.$/.test(before?.text ?? ''))
    ) {
      const renamed = braces > 0 && isWord(m.tokens[at + 1], ':') ? m.tokens[at + 2] : undefined;
      found.push({ name: renamed?.text ?? token.text, index, key: braces > 0 ? token.text : null });
    }
  }
  return found;
}

/** Gives names what they take of the arguments. */
export function bindParameters(m: Machine, taken: readonly Parameter[], args: readonly Value[]): void {
  for (const { name, index, key } of taken) {
    const value = args[index] ?? UNKNOWN;
    m.variables.set(name, key === null ? value : member(m, value, key, null));
  }
}

/** What the function returns, for these arguments. */
export function applyClosure(m: Machine, closure: Closure, args: readonly Value[]): Value {
  m.uncalled.delete(closure);
  m.active.add(closure);
  const before = closure.parameters.map(({ name }) => [name, m.variables.get(name)] as const);
  const { returned, straight } = m;
  m.returned = null;
  m.straight = false;
  bindParameters(m, closure.parameters, args);
  const last = within(m, closure.tokens, closure.from, closure.to, (inner) => inner.statements(inner));
  const result = m.returned ?? (closure.returnsBody ? last : UNKNOWN);
  m.active.delete(closure);
  m.returned = returned;
  m.straight = straight;
  for (const [name, value] of before) {
    if (value === undefined) m.variables.delete(name);
    else m.variables.set(name, value);
  }
  return result;
}
