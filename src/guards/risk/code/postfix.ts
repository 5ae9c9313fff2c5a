import { bindParameters, parameters, rubyBlock } from './closures.ts';
import { argumentsOf, sliceOf } from './compound.ts';
import { indexed, itemsOf, LONGEST, member, variable } from './lookup.ts';
import { closing, isWord, type Machine, peek, spend } from './machine.ts';
import { ASSIGNS } from './operators.ts';
import { strings } from './strings.ts';
import type { Token } from './token.ts';
import { choice, text, textOf, UNKNOWN, type Value } from './value.ts';

export function postfix(m: Machine, first: Value, from: number): Value {
  let value = first;
  for (let token = peek(m); token !== undefined; token = peek(m)) {
    if (!spend(m)) return UNKNOWN;
    if (token.kind === 'newline' && m.traits.member.has(peek(m, 1)?.text ?? '') && m.language !== 'perl') {
      m.at++;
      continue;
    }
    const next = step(m, value, token, from);
    if (next === undefined) break;
    value = next;
  }
  return value;
}

/** One more `.member`, `[index]` or `(call)`; undefined where the value ends. */
function step(m: Machine, value: Value, token: Token, from: number): Value | undefined {
  const { place } = m;
  if (token.kind === 'string' || token.kind === 'words' || token.kind === 'run')
    return token.text.startsWith('`') && m.language === 'javascript' && value.kind === 'named'
      ? call(m, value, [strings(m, token)], from)
      : bare(m, value, token, from);
  if (m.language === 'ruby' && token.text === 'do' && isWord(peek(m, 1), '|')) return doBlock(m, value);
  if (token.kind !== 'punctuation') return bare(m, value, token, from);
  if (m.traits.member.has(token.text)) return selected(m, value, place, from);
  if (token.text === '(' && (!token.spaced || value.kind !== 'text')) {
    if (m.tokens[m.at - 1]?.kind === 'number') return undefined;
    m.at++;
    const items = argumentsOf(m, true);
    return call(m, value, items, from);
  }
  if (token.text === '[' && !(token.spaced && m.traits.bareCalls)) return subscript(m, value, place);
  if (token.text === '{' && m.language === 'perl' && !token.spaced && place?.startsWith('$') === true)
    return subscript(m, value, place);
  if (m.language === 'ruby' && token.text === '{') {
    const closure = value.kind === 'named' ? rubyBlock(m) : null;
    return closure === null ? undefined : call(m, value, [closure], from);
  }
  return bare(m, value, token, from);
}

function selected(m: Machine, value: Value, place: string | null, from: number): Value | undefined {
  const after = peek(m, 1);
  if (after?.text === '[' || after?.text === '{') {
    m.at++;
    return after.text === '{' && m.language !== 'perl' ? undefined : subscript(m, value, place);
  }
  if (after?.text === '(') {
    m.at++;
    return value;
  }
  if (after?.kind !== 'name') return undefined;
  m.at += 2;
  if (m.language === 'php' && after.text.startsWith('$')) {
    const key = textOf(variable(m, after.text));
    return key === null ? indexed(m, value, UNKNOWN) : member(m, value, key, null);
  }
  const whole = place === null || place.length > LONGEST ? null : `${place}.${after.text}`;
  m.place = whole;
  const found = member(m, value, after.text, whole);
  // A Ruby method is called by its name alone.
  const next = peek(m);
  const isCalled =
    m.language === 'ruby' && found.kind === 'named' && /^[a-z_]/.test(after.text) && !callFollows(m, next);
  if (!isCalled) return found;
  const result = m.invoke(m, found, [], from, m.at);
  m.place = whole;
  return result;
}

/** Ruby's `do |x| … end`: its body follows as it stands, with `x` any of the items. */
function doBlock(m: Machine, value: Value): Value {
  const from = m.at + 2;
  m.at = from;
  while (m.at < m.end && !isWord(peek(m), '|')) m.at++;
  const names = parameters(m, from, m.at++);
  const items = value.kind === 'named' ? itemsOf(value.of ?? undefined) : null;
  bindParameters(m, names, names.length === 1 && items !== null ? [choice(items)] : []);
  m.straight = false;
  return UNKNOWN;
}

function callFollows(m: Machine, next: Token | undefined): boolean {
  if (next === undefined) return false;
  if (next.text === '(' || (next.kind === 'punctuation' && ASSIGNS.has(next.text))) return true;
  return (next.text === '{' && isWord(peek(m, 1), '|')) || (next.spaced && beginsArgument(m, next));
}

function subscript(m: Machine, value: Value, place: string | null): Value {
  const closed = closing(m, m.at);
  m.at++;
  const isWordKey = peek(m)?.kind === 'name' && m.at + 1 === closed && m.tokens[closed]?.text === '}';
  const [key = UNKNOWN] = isWordKey ? [text(peek(m)?.text ?? '')] : sliceOf(m, closed);
  m.at = Math.min(closed + 1, m.end);
  const known = textOf(key);
  m.place = place === null || known === null ? null : `${place}.${known}`;
  const assigned = m.place === null ? undefined : m.variables.get(m.place);
  return assigned ?? indexed(m, value, key);
}

function call(m: Machine, value: Value, items: readonly Value[], from: number): Value {
  m.place = null;
  const result = m.invoke(m, value, items, from, m.at);
  m.place = null;
  return result;
}

/** `system "rm x"`: arguments without parentheses. */
function bare(m: Machine, value: Value, token: Token, from: number): Value | undefined {
  const isCallable = value.kind === 'named' && !value.name.startsWith('$') && !value.name.endsWith('()');
  if (!isCallable || !token.spaced || !beginsArgument(m, token)) return undefined;
  const isStatement = m.language === 'python' && (value.name === 'print' || value.name === 'exec');
  if (!m.traits.bareCalls && !isStatement) return undefined;
  if (m.traits.strict && !isStatement && !PHP_WORDS.has(value.name)) return undefined;
  const items = argumentsOf(m, false);
  return call(m, value, items, from);
}
const PHP_WORDS = new Set(['include', 'include_once', 'require', 'require_once', 'exit', 'die']);

/** `open my $file, '>', 'x'`: what is declared is an argument. */
const DECLARES = new Set(['my', 'our', 'local', 'state']);

function beginsArgument(m: Machine, token: Token): boolean {
  if (token.kind === 'name')
    return !m.traits.keywords.has(token.text) || (m.language === 'perl' && DECLARES.has(token.text));
  if (token.kind !== 'punctuation') return token.kind !== 'newline';
  if (m.language === 'ruby' && token.text === '[') return true;
  if (m.language === 'lua') return token.text === '{';
  const glued = peek(m, 1)?.spaced === false;
  return (
    glued &&
    (['[', '\\', '@{', '%{', '${', '->', '::', '{'].includes(token.text) ||
      ['*', '&', '**', '-', '!'].includes(token.text))
  );
}
