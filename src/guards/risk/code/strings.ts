import { type Machine, peek, within } from './machine.ts';
import { binary } from './operators.ts';
import type { Part, Token } from './token.ts';
import { list, named, text, textOf, UNKNOWN, type Value } from './value.ts';

/** One string, or several side by side where the language joins them. */
export function strings(m: Machine, first: Token): Value {
  const from = m.at++;
  const value = stringValue(m, first, from);
  if (first.kind !== 'string' || (m.language !== 'python' && m.language !== 'ruby')) return value;
  let whole = value;
  for (let next = peek(m); next?.kind === 'string' && !next.text.startsWith(':'); next = peek(m)) {
    m.at++;
    whole = binary(m, '+', whole, stringValue(m, next, m.at - 1));
  }
  return whole;
}

function stringValue(m: Machine, token: Token, from: number): Value {
  let whole: Value = text('');
  for (const part of token.parts) whole = binary(m, 'insert', whole, partValue(m, part));
  if (token.kind === 'words') {
    const known = textOf(whole);
    return known === null ? UNKNOWN : list(known.split(/\s+/).filter(Boolean).map(text));
  }
  if (token.kind !== 'run') return whole;
  return m.invoke(m, named('system'), [whole], from, m.at);
}

function partValue(m: Machine, part: Part): Value {
  if (typeof part === 'string') return text(part);
  return within(m, part, 0, part.length, (inner) => inner.statements(inner));
}
