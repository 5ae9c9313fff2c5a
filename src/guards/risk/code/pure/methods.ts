import { itemsOf } from '../lookup.ts';
import { choice, list, number, numberOf, text, textOf, UNKNOWN, type Value } from '../value.ts';
import { translated } from './decode.ts';
import { format, formatFields } from './format.ts';
import { characters, codecs, codePoint, decode64, decodeHex, joinItems, turned } from './functions.ts';

/** What a method without effects makes of the value that it belongs to. */
export type Method = (value: Value, args: readonly Value[]) => Value;

const plain =
  (change: (known: string) => string): Method =>
  (value) =>
    value.kind === 'text' ? text(change(value.text)) : value;

const joins: Method = (value, args) => {
  // Python joins a list by a text; the others give the list the text.
  if (value.kind === 'text')
    return joinItems(value, args[0]?.kind === 'text' ? list(itemsOf(args[0]) ?? []) : args[0]);
  return joinItems(args[0] ?? text(','), value);
};

const splits: Method = (value, [by]) => {
  const known = textOf(value);
  if (known === null) return UNKNOWN;
  const separator = textOf(by);
  if (separator !== null && separator !== ' ') return list(known.split(separator).map(text));
  return by === undefined || separator === ' ' ? list(known.trim().split(/\s+/).map(text)) : UNKNOWN;
};

const replaces: Method = (value, [from, to]) => {
  const [known, before, after] = [textOf(value), textOf(from), textOf(to)];
  return known === null || before === null || after === null || before === ''
    ? UNKNOWN
    : text(known.replaceAll(before, after));
};

const cuts: Method = (value, [from, to]) => {
  const [start, stop] = [numberOf(from) ?? 0, to === undefined ? undefined : (numberOf(to) ?? undefined)];
  if (value.kind === 'text') return text(value.text.slice(start, stop));
  return value.kind === 'list' ? list(value.items.slice(start, stop)) : UNKNOWN;
};

const decodes: Method = (value, args) => codecs([value, ...args]);
const same: Method = (value) => value;
const itemAt: Method = (value, [at]) => itemsOf(value)?.at(numberOf(at) ?? 0) ?? UNKNOWN;
const unpacks: Method = (value, [how]) => {
  const pattern = textOf(how) ?? '';
  return pattern.startsWith('m') ? decode64([value]) : UNKNOWN;
};
const packs: Method = (value, [how]) => {
  const pattern = textOf(how) ?? '';
  const items = itemsOf(value);
  if (items === null) return UNKNOWN;
  if (/^[Hh]/.test(pattern)) return decodeHex(items.slice(0, 1));
  return /^[CcU]/.test(pattern) ? characters([list(items)]) : UNKNOWN;
};

export const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>(
  Object.entries<Method>({
    join: joins,
    split: splits,
    chars: (value) => list(itemsOf(value) ?? []),
    'decode encode toString force_encoding': (value, args) =>
      value.kind === 'number' ? radix(value, args) : decodes(value, args),
    rot13: (value) => codecs([value, text('rot13')]),
    fromhex: (_, args) => decodeHex(args),
    'reverse toReversed reversed': (value) => turned([value]),
    'strip trim lstrip rstrip chomp trimEnd trimStart': plain((known) => known.trim()),
    'lower toLowerCase downcase': plain((known) => known.toLowerCase()),
    'upper toUpperCase upcase': plain((known) => known.toUpperCase()),
    'replace replaceAll gsub sub': replaces,
    tr: (value, [from, to]) => {
      const [known, before, after] = [textOf(value), textOf(from), textOf(to)];
      return known === null || before === null || after === null
        ? UNKNOWN
        : text(translated(known, before, after));
    },
    format: (value, args) => (value.kind === 'text' ? formatFields(value.text, args) : UNKNOWN),
    '%': (value, args) => (value.kind === 'text' ? format(value.text, args) : UNKNOWN),
    concat: (value, args) =>
      value.kind === 'list' ? list([...value.items, ...args]) : characters([value, ...args]),
    repeat: (value, [times]) =>
      value.kind === 'text' &&
      times?.kind === 'number' &&
      times.number >= 0 &&
      times.number * value.text.length < 65_536
        ? text(value.text.repeat(times.number))
        : UNKNOWN,
    'slice substring': cuts,
    'charAt at first': itemAt,
    last: (value) => itemsOf(value)?.at(-1) ?? UNKNOWN,
    chr: (value) => characters([value]),
    'ord charCodeAt codePointAt': (value) => codePoint([value]),
    pack: packs,
    'unpack unpack1': unpacks,
    'to_s to_sym to_str to_a to_i to_proc copy freeze dup compact flatten sort uniq read values buffer valueOf promises':
      same,
    values: (value) => (value.kind === 'record' ? list([...value.entries.values()]) : value),
    pop: (value) => itemsOf(value)?.at(-1) ?? UNKNOWN,
    shift: (value) => itemsOf(value)?.at(0) ?? UNKNOWN,
    sample: (value) => choice(itemsOf(value) ?? []),
    'length size': (value) => (itemsOf(value) === null ? UNKNOWN : number(itemsOf(value)?.length ?? 0)),
  }).flatMap(([names, method]) => names.split(' ').map((name) => [name, method] as const)),
);

function radix(value: Value, [base]: readonly Value[]): Value {
  const by = numberOf(base) ?? 10;
  return value.kind === 'number' && by >= 2 && by <= 36 ? text(value.number.toString(by)) : UNKNOWN;
}
