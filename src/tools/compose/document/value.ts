/** A place in a file, counted from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type Atom = string | number | bigint | boolean | null;

/** A value of a YAML document with aliases and merge keys followed, and where each part of it was written. */
export type Value = Scalar | List | Mapping;

export interface Scalar {
  readonly kind: 'scalar';
  readonly value: Atom;
  /** As it is written in the file, without quotes. */
  readonly source: string;
  readonly quoted: boolean;
  readonly tag: string | null;
  readonly place: Place;
  /** True where the value depends on a file whose content is never shown. */
  readonly hidden?: boolean;
}

export interface List {
  readonly kind: 'list';
  readonly items: readonly Value[];
  readonly tag: string | null;
  readonly place: Place;
}

export interface Entry {
  readonly value: Value;
  /** Where the key stands. */
  readonly place: Place;
  /** The anchor that the entry came from by a merge key; null where it stands in the mapping itself. */
  readonly merged: string | null;
}

export interface Mapping {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Entry>;
  readonly tag: string | null;
  readonly place: Place;
}

/** A value by itself: what two files are compared by. */
export type Plain = Atom | Plain[] | PlainMap;
export type PlainMap = Map<string, Plain>;

export type Path = readonly (string | number)[];

export function plainOf(value: Value): Plain {
  if (value.kind === 'scalar') return value.value;
  if (value.kind === 'list') return value.items.map(plainOf);
  return new Map([...value.entries].map(([key, entry]) => [key, plainOf(entry.value)]));
}

/** What JSON or a schema's output holds, as a plain value. */
export function plainFrom(json: unknown): Plain {
  if (Array.isArray(json)) return json.map(plainFrom);
  if (typeof json === 'object' && json !== null)
    return new Map(Object.entries(json).map(([key, value]) => [key, plainFrom(value)]));
  return typeof json === 'string' || typeof json === 'number' || typeof json === 'boolean' ? json : null;
}

/** The first path at which two values differ; null where they are the same. The order of keys does not count. */
export function difference(a: Plain, b: Plain, path: Path = []): Path | null {
  if (a instanceof Map && b instanceof Map) {
    for (const key of new Set([...a.keys(), ...b.keys()])) {
      const [left, right] = [a.get(key), b.get(key)];
      const found =
        left === undefined || right === undefined ? [...path, key] : difference(left, right, [...path, key]);
      if (found !== null) return found;
    }
    return null;
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let at = 0; at < Math.max(a.length, b.length); at++) {
      const [left, right] = [a[at], b[at]];
      const found =
        left === undefined || right === undefined ? [...path, at] : difference(left, right, [...path, at]);
      if (found !== null) return found;
    }
    return null;
  }
  return Object.is(a, b) ? null : path;
}

/** The value at a path, merged entries among them. */
export function valueAt(value: Value | undefined, path: Path): Value | undefined {
  let now = value;
  for (const key of path) {
    if (now?.kind === 'map') now = now.entries.get(String(key))?.value;
    else if (now?.kind === 'list' && typeof key === 'number') now = now.items[key];
    else return undefined;
  }
  return now;
}

/** The entries of a mapping; none of anything else. */
export const entriesOf = (value: Value | undefined): readonly (readonly [string, Entry])[] =>
  value?.kind === 'map' ? [...value.entries] : [];

export const itemsOf = (value: Value | undefined): readonly Value[] =>
  value?.kind === 'list' ? value.items : [];

/** The items of a list, or what stands there alone where several could. */
export const manyOf = (value: Value | undefined): readonly Value[] =>
  value === undefined || value.kind === 'list' ? itemsOf(value) : [value];

/** Whether it depends on a file whose content is never shown. */
export const isHidden = (value: Value | undefined): boolean =>
  value?.kind === 'scalar' && value.hidden === true;

/** A scalar as text; undefined of null and of collections. */
export const textOf = (value: Value | undefined): string | undefined =>
  value?.kind === 'scalar' && value.value !== null ? String(value.value) : undefined;

export const shownAs = (path: Path): string => path.map(String).join('.') || 'the whole file';
