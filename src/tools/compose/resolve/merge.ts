import {
  type Entry,
  type List,
  type Mapping,
  type Path,
  type Value,
  difference,
  plainOf,
  shownAs,
  textOf,
  valueAt,
} from '../document/value.ts';
import { identityAt } from './identity.ts';
import { type Finding, finding } from './problem.ts';
import { type Rule, longForm, ruleAt } from './short-forms.ts';

/**
 * One value over another, by the rules of the Compose specification for several files. What no rule brings together is
 * a finding, and the later value holds. Nothing of the result has the tag `!reset`.
 */
export function merge(below: Value | undefined, above: Value, found: Finding[] = [], path: Path = []): Value {
  const rule = ruleAt(path);
  const isFirst = below === undefined || below.tag === '!reset';
  if (isFirst || above.tag === '!override' || rule === 'replaced') return settled(above);
  if (above.kind === 'scalar' && above.value === null) return below;
  if (rule === 'logging' && hasOtherDriver(below, above)) return settled(above);
  const [lower, upper] = [longForm(below, rule), longForm(above, rule)];
  if (lower.kind === 'map' && upper.kind === 'map') return mergeMaps(lower, upper, rule, found, path);
  if (lower.kind === 'list' && upper.kind === 'list') return mergeLists(lower, upper, found, path);
  if (lower.kind !== 'scalar')
    found.push(
      finding(
        'merge_conflict',
        'error',
        above.place,
        `${shownAs(path)} is a ${KIND[upper.kind]} here and a ${KIND[lower.kind]} in ${below.place.file}:${below.place.line}: Compose cannot merge them. Write it in the same form, or with !override before it.`,
      ),
    );
  return settled(upper);
}

const KIND = { map: 'mapping', list: 'list', scalar: 'single value' } as const;

function mergeMaps(
  below: Mapping,
  above: Mapping,
  rule: Rule | undefined,
  found: Finding[],
  path: Path,
): Mapping {
  const entries = new Map(below.entries);
  for (const [key, entry] of above.entries) {
    // Of variables and labels a name without a value replaces one that has some.
    const under = rule === 'named' ? undefined : entries.get(key)?.value;
    if (entry.value.tag === '!reset') entries.delete(key);
    else entries.set(key, { ...entry, value: merge(under, entry.value, found, [...path, key]) });
  }
  return { ...above, entries };
}

/** Later items after earlier ones; where both are about the same, the later takes the earlier's place. */
function mergeLists(below: List, above: List, found: Finding[], path: Path): List {
  const items: Value[] = [];
  const known = new Map<string, number>();
  for (const item of [...below.items, ...above.items]) {
    if (item.tag === '!reset') continue;
    const id = identityAt(path, item);
    const at = id === null ? undefined : known.get(id);
    if (id !== null && at === undefined) known.set(id, items.length);
    if (at === undefined) items.push(settled(item));
    else items[at] = path[2] === 'ipam' ? merge(items[at], item, found, [...path, at]) : settled(item);
  }
  return { ...above, items };
}

/** Options of one log driver mean nothing to another. */
function hasOtherDriver(below: Value, above: Value): boolean {
  const [then, now] = [below, above].map((one) => textOf(valueAt(one, ['driver'])));
  return then !== undefined && now !== undefined && then !== now;
}

/** A value without what the next file takes away by `!reset`, or writes anew by `!override`. */
export function cleared(below: Value | undefined, above: Value): Value | undefined {
  if (below?.kind !== 'map' || above.kind !== 'map') return below;
  const entries = new Map(below.entries);
  for (const [key, { value }] of above.entries) {
    const entry = entries.get(key);
    const inner =
      value.tag === '!reset' || value.tag === '!override' ? undefined : cleared(entry?.value, value);
    if (entry === undefined || inner === undefined) entries.delete(key);
    else entries.set(key, { ...entry, value: inner });
  }
  return { ...below, entries };
}

/** A value without what `!reset` takes away, where nothing lies below that it could be taken from. */
export function settled(value: Value): Value {
  if (value.kind === 'list')
    return { ...value, items: value.items.filter(({ tag }) => tag !== '!reset').map(settled) };
  if (value.kind === 'scalar') return value;
  const entries = [...value.entries].flatMap(([key, entry]): [string, Entry][] =>
    entry.value.tag === '!reset' ? [] : [[key, { ...entry, value: settled(entry.value) }]],
  );
  return { ...value, entries: new Map(entries) };
}

export const isSame = (a: Value, b: Value): boolean => difference(plainOf(a), plainOf(b)) === null;
