import { HomeostatError } from '../../../core/errors.ts';
import { isMisread } from '../document/misread.ts';
import {
  type Path,
  type Plain,
  type Value,
  difference,
  entriesOf,
  plainOf,
  shownAs,
  valueAt,
} from '../document/value.ts';

/** The few changes that every operation comes down to, each one splice of the text. */
export type Primitive =
  | { readonly do: 'set'; readonly path: Path; readonly value: Plain }
  | { readonly do: 'append'; readonly path: Path; readonly value: Plain }
  | { readonly do: 'remove'; readonly path: Path };

export const refused = (why: string): HomeostatError => new HomeostatError('edit_refused', why);

/** What a document's value is after a change, worked out without its text; what the new text must then say. */
export function intended(before: Plain, primitive: Primitive): Plain {
  return at(before, primitive.path, 0, primitive);
}

function at(now: Plain | undefined, path: Path, depth: number, primitive: Primitive): Plain {
  const key = path[depth];
  if (key === undefined) {
    if (primitive.do === 'append') return [...(Array.isArray(now) ? now : []), primitive.value];
    return primitive.do === 'set' ? primitive.value : (now ?? null);
  }
  const removes = primitive.do === 'remove' && depth === path.length - 1;
  if (Array.isArray(now) && typeof key === 'number') {
    if (removes) return now.toSpliced(key, 1);
    return now.with(key, at(now[key], path, depth + 1, primitive));
  }
  const map = new Map(now instanceof Map ? now : []);
  if (removes) map.delete(String(key));
  else map.set(String(key), at(map.get(String(key)), path, depth + 1, primitive));
  return map;
}

/** A text without the quotes that it needs is written again, though it stays the same to readers of YAML 1.2. */
const isTrap = (now: Value): boolean =>
  now.kind === 'scalar' && !now.quoted && typeof now.value === 'string' && isMisread(now.value);

/** Setting a value where another stands, as the fewest changes: what is equal in both keeps its bytes. */
export function settings(root: Value, path: Path, value: Plain): Primitive[] {
  const now = valueAt(root, path);
  if (now?.kind === 'map' && value instanceof Map && value.size > 0) {
    const gone = entriesOf(now).filter(([key]) => !value.has(key));
    const inherited = gone.find(([, entry]) => entry.merged !== null);
    if (inherited !== undefined)
      throw refused(
        `${shownAs([...path, inherited[0]])} comes from &${inherited[1].merged} by <<, so it cannot be taken out here`,
      );
    return [
      ...[...value].flatMap(([key, one]) => settings(root, [...path, key], one)),
      ...gone.map(([key]): Primitive => ({ do: 'remove', path: [...path, key] })),
    ];
  }
  if (now?.kind === 'list' && Array.isArray(value) && value.length > 0) {
    const kept = Math.min(now.items.length, value.length);
    return [
      ...value.slice(0, kept).flatMap((one, index) => settings(root, [...path, index], one)),
      ...value.slice(kept).map((one): Primitive => ({ do: 'append', path, value: one })),
      ...now.items
        .slice(kept)
        .map((_, index): Primitive => ({ do: 'remove', path: [...path, kept + index] }))
        .toReversed(),
    ];
  }
  if (now !== undefined && !isTrap(now) && difference(plainOf(now), value) === null) return [];
  return [{ do: 'set', path, value }];
}
