import { bindParameters, parameters } from './closures.ts';
import { itemsOf } from './lookup.ts';
import { closing, isWord, type Machine, peek, skipNewlines, take } from './machine.ts';
import { plainText } from './token.ts';
import { list, textOf, UNKNOWN, type Value } from './value.ts';

/** Words that end arguments without parentheses. */
const ENDS = /^(?:[;)\]}]|and|or|if|unless|while|until|do|then|end|else|for|foreach)$/;

/** The arguments from here to the bracket that closes, or (`system "x"`) to the end of the statement. */
export function argumentsOf(m: Machine, bracketed: boolean): Value[] {
  const stop = bracketed ? closing(m, m.at - 1) : m.end;
  const items: Value[] = [];
  const options = new Map<string, Value>();
  for (let wanted = true; m.at < stop;) {
    const token = peek(m);
    if (token === undefined || (!bracketed && (token.kind === 'newline' || ENDS.test(token.text)))) break;
    if (token.kind === 'newline' || isWord(token, ',')) {
      m.at++;
      wanted = true;
      if (!bracketed) skipNewlines(m);
      continue;
    }
    const from = m.at;
    const before = { found: m.findings.length, hidden: m.hidden };
    const key = option(m);
    const value = m.expression(m);
    if (key !== null) options.set(key, value);
    else if (take(m, '=>') && m.language !== 'perl') options.set(textOf(value) ?? '', m.expression(m));
    else if (isWord(peek(m), 'for') && m.language === 'python')
      items.push(...comprehended(m, from, stop, before));
    else if (wanted) items.push(...spread(m, from, value));
    wanted = isWord(m.tokens[m.at - 1], '=>');
    if (m.at === from) m.at++;
  }
  if (bracketed) m.at = Math.min(stop + 1, m.end);
  if (options.size > 0) items.push({ kind: 'record', entries: options });
  return items;
}

/** Takes `name=` or `name:` before an argument. */
function option(m: Machine): string | null {
  const token = peek(m);
  const next = peek(m, 1);
  if (token?.kind !== 'name' && token?.kind !== 'string') return null;
  const marks = m.language === 'python' && token.kind === 'name' && isWord(next, '=');
  const colon =
    (m.language === 'ruby' || m.language === 'php') && isWord(next, ':') && next?.spaced === false;
  if (!marks && !(colon && peek(m, 2)?.spaced === true)) return null;
  m.at += 2;
  return token.kind === 'string' ? plainText(token) : token.text;
}

function spread(m: Machine, from: number, value: Value): readonly Value[] {
  const mark = m.tokens[from]?.text ?? '';
  const spreads = mark === '*' || mark === '...' || (m.language === 'perl' && value.kind === 'list');
  return spreads && value.kind === 'list' ? value.items : [value];
}

const ROUNDS = 1000;

interface Before {
  readonly found: number;
  readonly hidden: string | null;
}

/** A comprehension in square brackets is the list; elsewhere it is one argument. */
function comprehended(m: Machine, from: number, stop: number, before: Before): readonly Value[] {
  const whole = comprehension(m, from, stop, before);
  return m.tokens[from - 1]?.text === '[' && whole.kind === 'list' ? whole.items : [whole];
}

/** `[f(x) for x in xs]`: the element is evaluated once more for every item. */
function comprehension(m: Machine, from: number, stop: number, { found: known, hidden }: Before): Value {
  const first = m.at + 1;
  let word = first;
  while (word < stop && !isWord(m.tokens[word], 'in')) word++;
  const names = parameters(m, first, word);
  m.at = word + 1;
  const items = itemsOf(m.expression(m, 4));
  const [end, at] = [m.end, stop];
  const simple = names.length === 1 && items !== null && items.length <= ROUNDS && !isWord(peek(m), 'for');
  const found: Value[] = [];
  if (simple) {
    // What it seemed to do for any item gives way to what it does for each.
    m.findings.length = known;
    m.hidden = hidden;
    for (const item of items) {
      m.at = from;
      m.end = first - 1;
      bindParameters(m, names, [item]);
      found.push(m.expression(m));
    }
  }
  m.end = end;
  m.at = at;
  return simple ? list(found) : UNKNOWN;
}

/** A dictionary, an object, a set or a table, whose opening bracket was taken. */
export function recordOrBlock(m: Machine, open: number): Value {
  const stop = closing(m, open);
  const entries = new Map<string, Value>();
  const items: Value[] = [];
  while (m.at < stop) {
    const token = peek(m);
    if (token === undefined) break;
    if (token.kind === 'newline' || isWord(token, ',') || isWord(token, ';')) {
      m.at++;
      continue;
    }
    const from = m.at;
    const key = keyAt(m) ?? textOf(m.expression(m)) ?? m.place ?? '';
    if (take(m, ':') || take(m, '=>') || take(m, '=')) entries.set(key, m.expression(m));
    else {
      m.at = from;
      const value = m.expression(m);
      if (m.place !== null && m.language === 'javascript') entries.set(m.place, value);
      items.push(value);
    }
    if (m.at === from) m.at++;
  }
  m.at = Math.min(stop + 1, m.end);
  if (m.tokens[open]?.text !== '{') return items[0] ?? UNKNOWN;
  return entries.size > 0 ? { kind: 'record', entries } : list(items);
}

/** The name before a colon, taken. */
function keyAt(m: Machine): string | null {
  const token = peek(m);
  const next = peek(m, 1)?.text ?? '';
  if (token?.kind !== 'name' || m.language === 'python' || ![':', '=>', '='].includes(next)) return null;
  m.at++;
  return token.text;
}

/** What stands between square brackets: an index, or a slice as the list of its parts. */
export function sliceOf(m: Machine, stop: number): Value[] {
  const parts: Value[] = [UNKNOWN];
  let slices = false;
  while (m.at < stop) {
    const from = m.at;
    if (take(m, ':')) {
      slices = true;
      parts.push(UNKNOWN);
    } else if (!take(m, ',')) parts[parts.length - 1] = m.expression(m);
    if (m.at === from) m.at++;
  }
  return slices ? [list(parts)] : parts;
}
