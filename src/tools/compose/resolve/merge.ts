import {
  type Entry,
  type List,
  type Mapping,
  type Path,
  type Value,
  difference,
  entriesOf,
  itemsOf,
  plainOf,
  textOf,
} from '../document/value.ts';
import { portOf } from '../document/ports.ts';
import { targetOf } from '../document/volumes.ts';

/** Lists of `NAME=VALUE` that are mappings to Compose. */
const NAMED = new Set([
  'environment',
  'labels',
  'annotations',
  'sysctls',
  'args',
  'extra_hosts',
  'driver_opts',
]);
/** Lists of names that are the keys of mappings to Compose. */
const KEYED = new Set(['networks', 'depends_on']);
/** Lists of which the later one holds alone. */
const REPLACED = new Set(['command', 'entrypoint', 'test']);

/** One value over another, by the rules of the Compose specification for several files. */
export function merge(below: Value | undefined, above: Value, path: Path = []): Value {
  if (below === undefined || above.tag === '!override') return above;
  const key = String(path.at(-1) ?? '');
  const inService = path.length > 2 && path[0] === 'services';
  const [lower, upper] = [asMapping(below, key, inService), asMapping(above, key, inService)];
  if (lower.kind === 'map' && upper.kind === 'map') return mergeMaps(lower, upper, path);
  if (lower.kind === 'list' && upper.kind === 'list' && !(inService && REPLACED.has(key)))
    return mergeLists(lower, upper, key);
  return upper.kind === 'scalar' && upper.value === null && upper.tag === null && lower.kind !== 'scalar'
    ? lower
    : upper;
}

function mergeMaps(below: Mapping, above: Mapping, path: Path): Mapping {
  const entries = new Map(below.entries);
  for (const [key, entry] of above.entries) {
    if (entry.value.tag === '!reset') entries.delete(key);
    else entries.set(key, { ...entry, value: merge(entries.get(key)?.value, entry.value, [...path, key]) });
  }
  return { ...above, entries };
}

function mergeLists(below: List, above: List, key: string): List {
  const id = (value: Value): string => identity(value, key);
  const later = new Set(above.items.map(id));
  return { ...above, items: [...below.items.filter((item) => !later.has(id(item))), ...above.items] };
}

/** What makes two items of a list the same one. */
function identity(value: Value, key: string): string {
  if (key === 'ports') {
    const port = portOf(value);
    if (port !== null) return [port.address, port.published, port.target, port.protocol].join(' ');
  }
  if (key === 'volumes') return targetOf(value) ?? '';
  if ((key === 'secrets' || key === 'configs') && value.kind === 'map')
    return textOf(value.entries.get('target')?.value) ?? textOf(value.entries.get('source')?.value) ?? '';
  return (
    textOf(value) ?? JSON.stringify([...entriesOf(value)].map(([name, entry]) => [name, textOf(entry.value)]))
  );
}

/** A list that Compose reads as a mapping, as that mapping. */
export function asMapping(value: Value, key: string, inService: boolean): Value {
  if (value.kind !== 'list' || !inService || !(NAMED.has(key) || KEYED.has(key))) return value;
  const entries = itemsOf(value).flatMap((item): [string, Entry][] => {
    if (item.kind !== 'scalar') return [];
    const text = textOf(item) ?? '';
    const at = NAMED.has(key) ? text.search(key === 'extra_hosts' ? /[=:]/ : /=/) : -1;
    const inner: Value = { ...item, value: at < 0 ? null : text.slice(at + 1) };
    return [[at < 0 ? text : text.slice(0, at), { value: inner, place: item.place, merged: null }]];
  });
  return { kind: 'map', entries: new Map(entries), tag: value.tag, place: value.place };
}

export const isSame = (a: Value, b: Value): boolean => difference(plainOf(a), plainOf(b)) === null;
