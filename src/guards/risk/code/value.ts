import type { Token } from './token.ts';

/** What an expression in a piece of code may stand for. */
export type Value =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'list'; readonly items: readonly Value[] }
  | { readonly kind: 'record'; readonly entries: ReadonlyMap<string, Value> }
  | Named
  | Closure
  /** One of these, depending on what happens. */
  | { readonly kind: 'choice'; readonly of: readonly Value[] }
  | { readonly kind: 'unknown' };

/** What a name stands for: a module, a function, or (`pathlib.Path()`) what a call of it returns. */
export interface Named {
  readonly kind: 'named';
  readonly name: string;
  /** The value whose member it is. */
  readonly of: Value | null;
  /** What it was called with. */
  readonly args: readonly Value[];
}

/** A function written in the code: its body is evaluated when it is called. */
export interface Closure {
  readonly kind: 'closure';
  readonly parameters: readonly Parameter[];
  readonly tokens: readonly Token[];
  readonly from: number;
  readonly to: number;
  /** True where the body is one expression, whose value the function returns. */
  readonly returnsBody: boolean;
}

/** A name that takes the argument at an index, or what is under a key in it. */
export interface Parameter {
  readonly name: string;
  readonly index: number;
  readonly key: string | null;
}

const CHOICES = 16;

export const UNKNOWN: Value = { kind: 'unknown' };
export const text = (value: string): Value => ({ kind: 'text', text: value });
export const number = (value: number): Value => ({ kind: 'number', number: value });
export const list = (items: readonly Value[]): Value => ({ kind: 'list', items });
export const named = (name: string, of: Value | null = null, args: readonly Value[] = []): Named => ({
  kind: 'named',
  name,
  of,
  args,
});

/** The characters of a text, each as a text. */
export const characters = (value: string): Value[] => Array.from(value, (one) => text(one));

export function choice(values: readonly Value[]): Value {
  const all = values.flatMap((value) => (value.kind === 'choice' ? value.of : [value]));
  if (all.length > 4 * CHOICES) return UNKNOWN;
  const of = all.filter(
    (value, at) =>
      value.kind !== 'text' || all.findIndex((one) => one.kind === 'text' && one.text === value.text) === at,
  );
  if (of.length > CHOICES || of.some((value) => value.kind === 'unknown')) return UNKNOWN;
  const [first] = of;
  if (first === undefined) return UNKNOWN;
  return of.length === 1 ? first : { kind: 'choice', of };
}

export const alternatives = (value: Value): readonly Value[] =>
  value.kind === 'choice' ? value.of : [value];

/** The value's text where it is one text or number, else null. */
export function textOf(value: Value | undefined): string | null {
  if (value?.kind === 'text') return value.text;
  return value?.kind === 'number' ? String(value.number) : null;
}

export const numberOf = (value: Value | undefined): number | null => {
  if (value?.kind === 'number') return value.number;
  return null;
};

/** Does to each pair of alternatives what `combine` does. */
export function each2(left: Value, right: Value, combine: (a: Value, b: Value) => Value): Value {
  if (left.kind !== 'choice' && right.kind !== 'choice') return combine(left, right);
  const rights = alternatives(right);
  if (alternatives(left).length * rights.length > CHOICES) return UNKNOWN;
  return choice(alternatives(left).flatMap((a) => rights.map((b) => combine(a, b))));
}
