import { affordable, ends, fits, type Pattern } from './pattern.ts';
import { LONGEST } from './split.ts';
import { HOLE, isKnown, known, unknown, type Value } from './value.ts';

/** `${x#p}` and its like. */
export function remove(value: Value, operator: string, pattern: Pattern | null): Value {
  if (value.text === '') return value;
  const front = operator.startsWith('#');
  const longest = operator.length === 2;
  const text = Array.from(value.text);
  if (pattern === null || !isKnown(value) || !affordable(pattern, value.text, 1)) return unknown(value.from);
  if (front) {
    const end = ends(pattern, text, 0).at(longest ? -1 : 0) ?? 0;
    return known(text.slice(end).join(''), value.from);
  }
  const end = ends(pattern.toReversed(), text.toReversed(), 0).at(longest ? -1 : 0) ?? 0;
  return known(text.slice(0, text.length - end).join(''), value.from);
}

/** `${x/p/r}` and its like. */
export function replace(value: Value, operator: string, pattern: Pattern | null, by: Value): Value {
  const from = value.from | by.from;
  const text = Array.from(value.text);
  if (pattern === null || !isKnown(value)) return unknown(from);
  if (pattern.length === 0 && /^\/{1,2}$/.test(operator)) return known(value.text, from);
  if (!affordable(pattern, value.text, /[#%]/.test(operator) ? 1 : text.length)) return unknown(from);
  if (operator === '/%') {
    const length = ends(pattern.toReversed(), text.toReversed(), 0).at(-1);
    return length === undefined ? value : known(text.slice(0, text.length - length).join('') + by.text, from);
  }
  let result = '';
  let i = 0;
  while (i <= text.length && result.length <= LONGEST) {
    const end = ends(pattern, text, i).at(-1);
    if (end !== undefined && (end > i || text.length === 0 || operator === '/#')) {
      result += by.text;
      i = end;
      if (operator !== '//' || end === text.length) break;
    } else {
      if (operator === '/#') break;
      result += text[i] ?? '';
      i += 1;
    }
  }
  return { ...value, text: result + text.slice(i).join(''), from, ...(isKnown(by) ? {} : { number: false }) };
}

/** The part of a text or a list from `offset` on; null where bash would stop with an error. */
export function slice<T>(items: readonly T[], offset: number, length: number | null): T[] | null {
  const start = offset < 0 ? items.length + offset : offset;
  if (start < 0 || start > items.length) return [];
  const end = length === null ? items.length : length < 0 ? items.length + length : start + length;
  return end < start ? null : items.slice(start, end);
}

/** `${x^^p}` and its like. */
export function recase(value: Value, operator: string, pattern: Pattern | null): Value {
  const whole = operator.length === 2;
  if (pattern === null || (!whole && value.text.startsWith(HOLE))) return unknown(value.from);
  if (!isKnown(value) && pattern.length !== 1) return unknown(value.from);
  const change = (char: string): string => {
    if (char === HOLE || !fits(pattern, [char])) return char;
    return swap(char, operator.startsWith('^'));
  };
  const text = Array.from(value.text).map((char, i) => (whole || i === 0 ? change(char) : char));
  return { ...value, text: text.join('') };
}

/** Bash changes one character for one, so that `ß` stays. */
function swap(char: string, up: boolean): string {
  const swapped = up ? char.toUpperCase() : char.toLowerCase();
  return Array.from(swapped).length === 1 ? swapped : char;
}

/** `${x@Q}` and its like; null where it cannot be followed. */
export function transform(value: Value, operator: string): Value | null {
  const up = operator.toUpperCase() === 'U';
  if (operator === 'u' && value.text.startsWith(HOLE)) return unknown(value.from);
  if (operator === 'u') return recase(value, '^', ['any']);
  if (up || operator === 'L') return recase(value, up ? '^^' : ',,', ['any']);
  if (operator !== 'Q' || !isKnown(value) || /[^ -~]/.test(value.text)) return null;
  return known(`'${value.text.replaceAll("'", `'\\''`)}'`, value.from);
}
