import type { ParameterExpansionPart, Word } from 'unbash';
import { evaluate } from './arithmetic.ts';
import type { Expander } from './piece.ts';
import type { Held, Scope } from './scope.ts';
import { join } from './split.ts';
import { HOLE, isKnown, known, unknown, type Value } from './value.ts';

/** What a parameter stands for: one value, undefined where unset, or a list by index. */
export type Subject =
  | { readonly list: null; readonly value: Value | undefined }
  | {
      readonly list: '@' | '*';
      readonly entries: readonly (readonly [string, Value])[] | null;
      readonly from: number;
    };

/** Parameters that bash keeps a whole number in. */
const NUMBERS =
  /^(?:[?$]|RANDOM|SRANDOM|SECONDS|EPOCHSECONDS|LINENO|PPID|UID|EUID|BASHPID|SHLVL|COLUMNS|LINES)$/;

const single = (value: Value | undefined): Subject => ({ list: null, value });

/** The subject of `${name[index]}`. */
export function subjectOf(name: string, index: Word | undefined, x: Expander, source: string): Subject {
  const { scope } = x;
  if (name === '@' || name === '*') {
    const entries = scope.positional()?.map((value, i) => [String(i + 1), value] as const) ?? null;
    return { list: name, entries, from: 0 };
  }
  if (/^\d+$/.test(name)) {
    if (Number(name) === 0) return single(scope.zero);
    const given = scope.positional();
    return single(given === null ? unknown() : given[Number(name) - 1]);
  }
  if (name === '#') return single(count(scope.positional()?.length ?? null));
  const held = /^[?$!_-]$/.test(name) ? undefined : scope.get(name);
  if (
    NUMBERS.test(name) &&
    (held === undefined || ('text' in held && held.text === HOLE && held.from === 0))
  ) {
    return single(count(null));
  }
  if (/^[!_-]$/.test(name)) return single(unknown());
  const listed = index?.text;
  if (listed === '@' || listed === '*') return list(held, listed);
  if (index === undefined) return single(held === undefined || 'text' in held ? held : held.get('0'));
  return single(element(held, subscript(held, index, x, source)));
}

/** A whole number, or that which stands for any. */
export const count = (value: number | null): Value =>
  value === null ? { ...unknown(), number: true } : known(String(value));

function list(held: Held | undefined, kind: '@' | '*'): Subject {
  if (held === undefined) return { list: kind, entries: [], from: 0 };
  if (!('text' in held)) {
    const indexed = [...held.keys()].every((key) => /^\d+$/.test(key));
    const entries = [...held];
    if (indexed) entries.sort(([a], [b]) => Number(a) - Number(b));
    return { list: kind, entries, from: 0 };
  }
  // A variable that nobody can tell may be an array.
  const entries = held.text === HOLE && held.number !== true ? null : [['0', held] as const];
  return { list: kind, entries, from: held.from };
}

/** The key that a subscript stands for; null where it cannot be known. */
export function subscript(held: Held | undefined, index: Word, x: Expander, source: string): string | null {
  const pieces = x.word(index, 'quoted');
  const keys = held !== undefined && !('text' in held) ? [...held.keys()] : [];
  const named = keys.some((key) => !/^\d+$/.test(key));
  const key = named ? join(x.word(index, 'single')) : evaluate(pieces, x.scope, source);
  if (!isKnown(key) || keys.some((other) => other.includes(HOLE))) return null;
  if (named || !key.text.startsWith('-')) return key.text;
  const at = Math.max(-1, ...keys.map(Number)) + 1 + Number(key.text);
  return at < 0 ? null : String(at);
}

function element(held: Held | undefined, key: string | null): Value | undefined {
  if (held === undefined) return undefined;
  if ('text' in held) {
    if (key === '0' || held.text === HOLE) return held;
    return key === null ? unknown(held.from) : undefined;
  }
  return key === null
    ? unknown([...held.values()].reduce((sum, value) => sum | value.from, 0))
    : held.get(key);
}

/** What holds after an element, or the whole of a variable, has been set. */
export function assign(name: string, key: string | null | undefined, value: Value, scope: Scope): void {
  const held = scope.get(name);
  if (key === undefined && (held === undefined || 'text' in held)) scope.set(name, value);
  else if (key === null) scope.set(name, unknown(value.from));
  else {
    const before = held === undefined ? [] : 'text' in held ? [['0', held] as const] : [...held];
    scope.set(name, new Map([...before, [key ?? '0', value]]));
  }
}

/** The names that an indirect expansion can follow. */
const NAME = /^(?:([A-Za-z_]\w*)(?:\[([@*]|\d+)\])?|\d+|[@*#])$/;

/** `${!x}`: the parameter whose name x holds. */
export function indirect(part: ParameterExpansionPart, x: Expander): Subject {
  const naming = subjectOf(part.parameter, part.index, x, part.text);
  const value = naming.list === null ? naming.value : undefined;
  if (naming.list === null && value === undefined) return single(unknown());
  const [whole, name, key] = NAME.exec(value?.text ?? '') ?? [];
  if (value === undefined || whole === undefined) {
    if (value === undefined || /[[`$\u{FFFC}]/u.test(value.text)) x.scope.evaluates(part.text);
    return single(unknown(value?.from));
  }
  const found = subjectOf(name ?? whole, undefined, x, part.text);
  const held = name === undefined ? undefined : x.scope.get(name);
  const chosen =
    key === undefined ? found : /\d/.test(key) ? single(element(held, key)) : list(held, key as '@' | '*');
  return marked(chosen, value.from);
}

const marked = (subject: Subject, from: number): Subject =>
  subject.list === null
    ? single(subject.value && { ...subject.value, from: subject.value.from | from })
    : {
        ...subject,
        entries: subject.entries?.map(([key, v]) => [key, { ...v, from: v.from | from }] as const) ?? null,
        from: subject.from | from,
      };
