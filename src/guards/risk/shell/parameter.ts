import type { ParameterDefaultOperation, ParameterExpansionPart, ParameterOperation, Word } from 'unbash';
import { evaluate } from './arithmetic.ts';
import { recase, remove, replace, slice, transform } from './operations.ts';
import { compile } from './pattern.ts';
import { BREAK, expanded, fromOf, words, type Expander, type Mode, type Piece } from './piece.ts';
import { join, separatorsOf } from './split.ts';
import { assign, count, indirect, subjectOf, subscript, type Subject } from './subject.ts';
import { FROM, isKnown, known, unknown, type Value } from './value.ts';

/** What a parameter expansion becomes. */
export function parameter(part: ParameterExpansionPart, mode: Mode, x: Expander): Piece[] {
  const { prefix, operation, index } = part;
  if (operation?.type === 'Names') return [words(0)];
  const all = index?.text === '@' || index?.text === '*';
  if (prefix === '#') return [expanded(lengthOf(subjectOf(part.parameter, index, x, part.text)), mode)];
  if (prefix === '!' && all) {
    const named = subjectOf(part.parameter, index, x, part.text);
    return show(named.list === null ? named : keys(named), mode, x);
  }
  const found = prefix === '!' ? indirect(part, x) : subjectOf(part.parameter, index, x, part.text);
  if (operation?.type === 'Default') return fallback(part, operation, found, mode, x);
  return show(operation === undefined ? found : operated(part, operation, found, x), mode, x);
}

type List = Subject & { readonly list: '@' | '*' };

const keys = (subject: List): Subject => ({
  ...subject,
  entries: subject.entries?.map(([key]) => [key, known(key)] as const) ?? null,
});

const fromOfSubject = (subject: Subject): number =>
  subject.list === null
    ? (subject.value?.from ?? 0)
    : subject.from | fromOf(subject.entries?.map(([, value]) => value) ?? []);

const lengthIn = (value: Value): number => Array.from(value.text).length;

function lengthOf(subject: Subject): Value {
  const from = fromOfSubject(subject);
  if (subject.list !== null) return { ...count(subject.entries?.length ?? null), from };
  const { value } = subject;
  return {
    ...count(value === undefined || isKnown(value) ? lengthIn(value ?? known('')) : null),
    from,
  };
}

/** The pieces of a value or a list, as they stand in a word. */
function show(subject: Subject, mode: Mode, x: Expander): Piece[] {
  if (subject.list === null) return subject.value === undefined ? [] : [expanded(subject.value, mode)];
  if (subject.entries === null) {
    const whole = mode === 'quoted' && subject.list === '*';
    return [whole ? { ...words(subject.from), kind: 'quoted' } : words(subject.from)];
  }
  const pieces = subject.entries.map(([, value]) => expanded(value, mode));
  const ifs = separatorsOf(x.scope);
  const whole = mode === 'quoted' || mode === 'single';
  const joins = whole ? subject.list === '*' : ifs !== '';
  const between = joins ? expanded(ifs === null ? unknown() : known(ifs.slice(0, 1)), mode) : BREAK;
  return pieces.flatMap((piece, i) => (i === 0 ? [piece] : [between, piece]));
}

/** Whether a parameter is set, and set to something; null where that cannot be known. */
function presence(subject: Subject): { set: boolean | null; filled: boolean | null } {
  const whole = subject.list === null ? subject.value : entire(subject);
  if (whole === null) return { set: null, filled: null };
  if (whole === undefined) return { set: false, filled: false };
  // What comes from outside may be unset, even where it is taken for a number.
  const open = (whole.number !== true || (whole.from & FROM.input) !== 0) && /^\u{FFFC}+$/u.test(whole.text);
  return open ? { set: null, filled: null } : { set: true, filled: whole.text !== '' };
}

function entire({ entries }: List): Value | undefined | null {
  if (entries === null || entries.length === 0) return entries === null ? null : undefined;
  return known(entries.map(([, value]) => value.text).join(' '));
}

function fallback(
  part: ParameterExpansionPart,
  { operator, operand }: ParameterDefaultOperation,
  found: Subject,
  mode: Mode,
  x: Expander,
): Piece[] {
  const { set, filled } = presence(found);
  const told = operator.startsWith(':') ? filled : set;
  // A default speaks of a variable that may well be unset, whatever its name.
  const there = told === null && found.list === null && x.scope.isUnset(part.parameter) ? false : told;
  const action = operator.at(-1);
  const from = fromOfSubject(found);
  const read = there === null ? x.doubtful() : x;
  const inner = mode === 'fields' ? 'operand' : mode;
  if (there === true && action !== '+') return show(found, mode, x);
  if (there === false && action === '+') return [];
  if (action === '=') {
    const given = join(read.word(operand, inner));
    const value = there === null ? unknown(from | given.from) : known(given.text, given.from);
    const held = x.scope.get(part.parameter);
    const key = part.index === undefined ? undefined : subscript(held, part.index, x, part.text);
    if (part.prefix === undefined && /^[A-Za-z_]/.test(part.parameter))
      assign(part.parameter, key, value, x.scope);
    return [expanded(value, mode)];
  }
  const pieces = read.word(operand, inner);
  const origin = from | fromOf(pieces);
  // Where bash would stop with an error the rest of the command does not matter.
  if (there !== null && action !== '?')
    return action === '+' ? pieces.map((p) => ({ ...p, from: p.from | from })) : pieces;
  const several = found.list !== null || pieces.some(({ kind }) => kind === 'break' || kind === 'words');
  return [several ? words(origin) : expanded(unknown(origin), mode)];
}

function operated(
  part: ParameterExpansionPart,
  operation: ParameterOperation,
  found: Subject,
  x: Expander,
): Subject {
  const single = (word: Word): Piece[] => x.word(word, 'single');
  // Bash looks at nothing behind a parameter that is unset.
  if (found.list === null && found.value === undefined) return found;
  switch (operation.type) {
    case 'Remove': {
      const pieces = single(operation.operand);
      const wanted = compile(pieces);
      return each(found, fromOf(pieces), (value) => remove(value, operation.operator, wanted));
    }
    case 'Replace': {
      const pieces = single(operation.pattern);
      const by = single(operation.replacement);
      // Since 5.2 an unquoted & stands for what was matched.
      const plain = !by.some(({ kind, text }) => kind !== 'quoted' && /[&\\]/.test(text));
      const text = plain ? join(by) : unknown(fromOf(by));
      return each(found, fromOf(pieces), (value) =>
        replace(value, operation.operator, compile(pieces), text),
      );
    }
    case 'CaseModification': {
      const pieces = operation.operand === undefined ? [] : single(operation.operand);
      const wanted = pieces.every(({ text }) => text === '') ? (['any'] as const) : compile(pieces);
      return each(found, fromOf(pieces), (value) => recase(value, operation.operator, wanted));
    }
    case 'Transform':
      return each(found, 0, (value) => {
        const kind = operation.operand.value;
        const result = transform(value, kind);
        if (result === null && !/^[QEAaKk]$/.test(kind)) x.scope.evaluates(part.text);
        return result ?? unknown(value.from);
      });
    case 'Slice':
      return sliced(part, operation.offset, operation.length, found, x);
    default:
      x.scope.evaluates(part.text);
      return { list: null, value: unknown(fromOfSubject(found)) };
  }
}

function each(subject: Subject, from: number, change: (value: Value) => Value): Subject {
  const apply = (value: Value): Value => {
    const changed = change({ ...value, glob: false, splits: false });
    return { ...changed, from: changed.from | value.from | from };
  };
  if (subject.list === null) return { list: null, value: subject.value && apply(subject.value) };
  const entries = subject.entries?.map(([key, value]) => [key, apply(value)] as const) ?? null;
  return { ...subject, entries, from: subject.from | from };
}

function sliced(
  part: ParameterExpansionPart,
  offset: Word,
  length: Word | undefined,
  found: Subject,
  x: Expander,
): Subject {
  const bound = (word: Word): Value => evaluate(x.word(word, 'quoted'), x.scope, part.text);
  const start = bound(offset);
  // Behind the end bash does not look at the length.
  const { value } = found.list === null ? found : {};
  const [low, high] = reach(part, found);
  const beyond = Number(start.text) < low || Number(start.text) > high;
  const size = length === undefined || beyond ? null : bound(length);
  const from = fromOfSubject(found) | start.from | (size?.from ?? 0);
  const at = Number(start.text);
  const most = size === null ? null : Number(size.text);
  const computable = !Number.isNaN(at) && !Number.isNaN(most);
  if (found.list === null) {
    const characters =
      computable && value !== undefined && isKnown(value) ? slice(Array.from(value.text), at, most) : null;
    return { list: null, value: characters === null ? unknown(from) : known(characters.join(''), from) };
  }
  const chosen = computable && found.entries !== null ? range(part, found.entries, at, most) : null;
  return { ...found, entries: chosen, from };
}

/** Between which offsets bash looks at the length. */
function reach({ index }: ParameterExpansionPart, found: Subject): readonly [number, number] {
  if (found.list === null) {
    const size = found.value !== undefined && isKnown(found.value) ? lengthIn(found.value) : Infinity;
    return [-size, size];
  }
  if (found.entries === null) return [-Infinity, Infinity];
  const size = index === undefined ? found.entries.length + 1 : Number(found.entries.at(-1)?.[0] ?? -1) + 1;
  return [-size, index === undefined ? size : size - 1];
}

type Entries = readonly (readonly [string, Value])[];

function range(part: ParameterExpansionPart, all: Entries, at: number, most: number | null): Entries | null {
  if (most !== null && most < 0) return null;
  if (part.index === undefined)
    return slice(at <= 0 ? [['0', known('bash')], ...all] : [['0', known('')], ...all], at, most);
  if (all.some(([key]) => !/^\d+$/.test(key))) return null;
  const first = at < 0 ? Number(all.at(-1)?.[0] ?? -1) + 1 + at : at;
  if (first < 0) return [];
  const rest = all.filter(([key]) => Number(key) >= first);
  return most === null ? rest : rest.slice(0, most);
}
