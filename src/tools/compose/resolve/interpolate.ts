import { MASK } from '../../../core/secrets.ts';

/** A variable as a file sets it; `hidden` where the file's content is never shown. */
export interface Variable {
  readonly value: string;
  readonly hidden: boolean;
}

/** A variable that a text needs and nothing sets. */
export interface Unset {
  readonly name: string;
  /** Compose refuses to start without it. */
  readonly required: boolean;
}

export interface Interpolated {
  readonly text: string;
  /** True where a hidden value is part of it; the text then has a mask in its place. */
  readonly hidden: boolean;
  readonly unset: readonly Unset[];
  /** What of its `$` no reader understands. */
  readonly broken: boolean;
}

type Lookup = (name: string) => Variable | undefined;

const DEEPEST = 20;
/** Characters between the braces of one variable: looking for the end of each must not take forever. */
const LONGEST = 2000;

/** `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:?message}`, `${NAME:+other}` and `$$`, as Compose reads them. */
export function interpolate(text: string, lookup: Lookup, depth = 0): Interpolated {
  if (!text.includes('$') || depth > DEEPEST)
    return { text, hidden: false, unset: [], broken: depth > DEEPEST };
  let result = '';
  let hidden = false;
  let broken = false;
  const unset: Unset[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '$') {
      result += text[at];
      continue;
    }
    if (text[at + 1] === '$') {
      result += '$';
      at += 1;
      continue;
    }
    const name = /^[A-Za-z_]\w*/.exec(text.slice(at + 1, at + 200))?.[0];
    const end = text[at + 1] === '{' ? closing(text, at + 2) : -1;
    const inner = end < 0 ? name : text.slice(at + 2, end);
    if (inner === undefined || inner === '') {
      broken = true;
      result += '$';
      continue;
    }
    const part = substituted(inner, lookup, depth);
    result += part.text;
    hidden ||= part.hidden;
    broken ||= part.broken;
    unset.push(...part.unset);
    at = end < 0 ? at + inner.length : end;
  }
  return { text: result, hidden, unset, broken };
}

/** The brace that closes the one before `from`; -1 where none does. */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < Math.min(text.length, from + LONGEST); at++) {
    if (text[at] === '{' && text[at - 1] === '$') depth += 1;
    if (text[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}

function substituted(inner: string, lookup: Lookup, depth: number): Interpolated {
  const [, name, operator = '', word = ''] = /^([A-Za-z_]\w*)(:?[-?+])?(.*)$/s.exec(inner) ?? [];
  if (name === undefined || (operator === '' && word !== ''))
    return { text: '', hidden: false, unset: [], broken: true };
  const found = lookup(name);
  // Whether a hidden value is empty is not told either: it counts as a value.
  const isSet = found !== undefined && (found.hidden || !operator.startsWith(':') || found.value !== '');
  const own: Interpolated = {
    text: found === undefined ? '' : found.hidden ? MASK : found.value,
    hidden: found?.hidden ?? false,
    unset: [],
    broken: false,
  };
  if (operator.endsWith('+'))
    return isSet ? interpolate(word, lookup, depth + 1) : { ...own, text: '', hidden: false };
  if (isSet) return own;
  if (operator.endsWith('-')) return interpolate(word, lookup, depth + 1);
  return { ...own, unset: [{ name, required: operator.endsWith('?') }] };
}
