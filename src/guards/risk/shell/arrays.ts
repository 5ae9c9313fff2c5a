import type { ArrayValue } from 'unbash';
import type { Scope } from './scope.ts';
import type { Value } from './value.ts';
import { arithmetic, fields, single } from './words.ts';

const ELEMENT = /^\[([^\]]*)\](\+?)=(.*)$/s;

/** Whether the keys of an array are texts: `declare -A`. */
export const isKeyed = (held: ReadonlyMap<string, Value>): boolean =>
  held.size === 0 || [...held.keys()].some((key) => !/^\d+$/.test(key));

/** The elements of `(a b [7]=c)`, or of `([key]=a)` where keys are texts, after those that stand there. */
export function arrayOf(
  { elements }: ArrayValue,
  base: ReadonlyMap<string, Value>,
  scope: Scope,
  keyed: boolean,
  listed: (word: Value) => readonly Value[],
): ReadonlyMap<string, Value> {
  const found = new Map(base);
  let next = Math.max(-1, ...[...base.keys()].map(Number).filter((key) => !Number.isNaN(key))) + 1;
  for (const word of elements) {
    const placed = /^\[[^\]]*\]\+?=/s.test(word.text) ? ELEMENT.exec(single(word, scope).text) : null;
    if (placed === null) {
      for (const value of fields(word, scope).flatMap(listed)) found.set(String(next++), value);
      continue;
    }
    const [, written = '', adds, text = ''] = placed;
    const { from } = single(word, scope);
    const index = keyed || /^\d+$/.test(written) ? written : arithmetic(written, scope, word.text).text;
    const before = adds === '+' ? (found.get(index)?.text ?? '') : '';
    found.set(index, { text: before + text, glob: false, splits: false, from });
    if (/^\d+$/.test(index)) next = Number(index) + 1;
  }
  return found;
}
