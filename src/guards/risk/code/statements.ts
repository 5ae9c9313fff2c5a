import { bindParameters, definition, parameters } from './closures.ts';
import { takeImport } from './imports.ts';
import { indexed, itemsOf, variableKey } from './lookup.ts';
import { assign, closing, hide, isWord, type Machine, peek, skipNewlines, spend, take } from './machine.ts';
import { CONTROL } from './traits.ts';
import { choice, list, number, text, UNKNOWN, type Value } from './value.ts';

const NAMES = 32;
const DECLARES = /^(?:const|let|var|my|our|local|state)$/;

/** Evaluates statements up to the end; the value is that of the last expression. */
export function statements(m: Machine): Value {
  let value: Value = UNKNOWN;
  let indent = indentAt(m);
  while (m.at < m.end && spend(m)) {
    const token = peek(m);
    if (token === undefined) break;
    if (token.kind === 'newline') {
      indent = token.text.length;
      m.at++;
      continue;
    }
    const from = m.at;
    if (!statement(m, indent)) {
      value = m.expression(m);
      sideBySide(m);
    }
    if (m.at === from) m.at++;
  }
  return value;
}

function indentAt(m: Machine): number {
  for (let at = m.at; at > 0; at--) {
    const token = m.tokens[at - 1];
    if (token?.kind === 'newline') return token.text.length;
    if (token?.kind === 'punctuation' && token.text === ':') break;
  }
  return 0;
}

/** Takes what is no expression; false where one stands here. */
function statement(m: Machine, indent: number): boolean {
  const token = peek(m);
  if (token === undefined) return true;
  if (token.kind === 'punctuation') {
    if (m.language === 'javascript' && token.text === '[' && destructured(m)) return true;
    if (!/^[;,{}:)\]]$/.test(token.text))
      return m.language === 'perl' && token.text === '(' && destructured(m);
    if (token.text === '{' && m.language === 'python') return false;
    m.at++;
    return true;
  }
  if (token.kind !== 'name') return false;
  if (takeImport(m)) return true;
  if (CONTROL.has(token.text) && m.traits.keywords.has(token.text)) m.straight = false;
  if (m.language === 'python' && token.text === 'def') {
    definition(m, indent);
    return true;
  }
  if (token.text === 'use' || token.text === 'no' || token.text === 'package')
    return m.language === 'perl' && skipLine(m);
  if ((token.text === 'for' || token.text === 'foreach') && m.traits.keywords.has(token.text)) return loop(m);
  if (DECLARES.test(token.text) && m.traits.keywords.has(token.text)) m.at++;
  return destructured(m);
}

function skipLine(m: Machine): boolean {
  while (m.at < m.end && !isWord(peek(m), ';') && peek(m)?.kind !== 'newline') m.at++;
  return true;
}

/** `a, b = …`, `const {a: b} = …`, `my ($a, $b) = …`. */
function destructured(m: Machine): boolean {
  const start = m.at;
  const open = peek(m);
  const isOpen = open?.kind === 'punctuation' && /^[([{]$/.test(open.text);
  let end = isOpen ? closing(m, start) + 1 : start;
  if (!isOpen) {
    if (open?.kind !== 'name' || !isWord(peek(m, 1), ',')) return false;
    while (end < start + NAMES && m.tokens[end]?.kind === 'name' && isWord(m.tokens[end + 1], ',')) end += 2;
    end++;
  }
  if (end >= m.end || !isWord(m.tokens[end], '=')) return false;
  const names = parameters(m, start, end);
  m.at = end + 1;
  skipNewlines(m);
  let value = m.expression(m);
  if (isWord(peek(m), ',')) value = list([value, ...restOf(m)]);
  for (const { name, index, key } of names) {
    const part =
      key !== null ? indexed(m, value, text(key)) : indexed(m, value, number(index + m.traits.firstIndex));
    assign(m, variableKey(m, name), part);
  }
  return true;
}

function restOf(m: Machine): Value[] {
  const rest: Value[] = [];
  while (take(m, ',')) rest.push(m.expression(m));
  return rest;
}

/** `for x in xs`: the name may hold any of the items. */
function loop(m: Machine): boolean {
  m.straight = false;
  m.at++;
  if (isWord(peek(m), 'await')) m.at++;
  const bracketed = m.language !== 'perl' && take(m, '(');
  if (peek(m)?.kind === 'name' && DECLARES.test(peek(m)?.text ?? '')) m.at++;
  const start = m.at;
  let end = start;
  while (end < start + 8 && end < m.end && !/^(?:in|of|as|=|;|\()$/.test(m.tokens[end]?.text ?? ';')) end++;
  const word = m.tokens[end]?.text ?? '';
  if (word === 'in' || word === 'of') {
    const names = parameters(m, start, end);
    m.at = end + 1;
    over(m, names, m.expression(m));
  } else if (word === '(' && m.language === 'perl') {
    m.at = end;
    const names = parameters(m, start, end).map((one) => ({ ...one, name: variableKey(m, one.name) }));
    over(m, names.length > 0 ? names : [{ name: '$_', index: 0, key: null }], m.expression(m));
  } else if (bracketed && m.language === 'php') {
    const value = m.expression(m);
    if (take(m, 'as'))
      over(
        m,
        parameters(m, m.at, closing(m, start - 1))
          .slice(-1)
          .map((one) => ({ ...one, index: 0 })),
        value,
      );
  }
  return true;
}

function over(m: Machine, names: ReturnType<typeof parameters>, value: Value): void {
  // In Perl a list of one is that one.
  const items = (m.language === 'perl' && value.kind === 'text' ? [value] : itemsOf(value)) ?? [];
  const parts =
    names.length === 1
      ? [items]
      : names.map((_, at) => items.map((item) => indexed(m, item, number(at + m.traits.firstIndex))));
  bindParameters(m, names, parts.map(choice));
}

/** Two values with nothing between them are no code of these languages; a shell line may look like that. */
function sideBySide(m: Machine): void {
  if (!m.traits.strict) return;
  const [before, next] = [m.tokens[m.at - 1], peek(m)];
  if (before === undefined || next === undefined || next.kind === 'newline') return;
  const isValue = (token: typeof next): boolean =>
    token.kind === 'string' ||
    token.kind === 'number' ||
    (token.kind === 'name' && !m.traits.keywords.has(token.text));
  if (isValue(before) && isValue(next)) hide(m, `${before.text} ${next.text} is no ${m.language}`);
}
