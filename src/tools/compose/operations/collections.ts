import {
  type Atom,
  type Path,
  type Plain,
  type Value,
  itemsOf,
  plainFrom,
  shownAs,
  textOf,
  valueAt,
} from '../document/value.ts';
import { type Primitive, refused, settings } from '../edit/primitive.ts';
import { portOf } from '../document/ports.ts';
import { targetOf } from '../document/volumes.ts';
import { lifted } from './lifted.ts';

/** The place of `NAME=…` in a list; throws where it stands there twice. */
function listed(root: Value, path: Path, name: string): number {
  const found = itemsOf(valueAt(root, path)).flatMap((item, index) =>
    textOf(item)?.split('=')[0] === name ? [index] : [],
  );
  if (found.length > 1) throw refused(`${name} stands ${found.length} times in ${shownAs(path)}`);
  return found[0] ?? -1;
}

/** `environment` and `labels`, as a mapping or as a list of `NAME=VALUE`, whichever stands there. */
export function setEntry(root: Value, path: Path, name: string, value: Atom): Primitive[] {
  const now = valueAt(root, path);
  if (name.includes('=') || /[\r\n\0]/.test(name)) throw refused(`${name} is no name`);
  if (now?.kind !== 'list' || now.items.length === 0) return settings(root, [...path, name], value);
  const index = listed(root, path, name);
  const item = value === null ? name : `${name}=${String(value)}`;
  return index < 0 ? [{ do: 'append', path, value: item }] : settings(root, [...path, index], item);
}

export function removeEntry(root: Value, path: Path, name: string): Primitive[] {
  const now = valueAt(root, path);
  if (now?.kind !== 'list') return lifted(root, [...path, name]);
  const index = listed(root, path, name);
  if (index < 0) throw refused(`${shownAs([...path, name])} is not there`);
  return lifted(root, [...path, index]);
}

/** `networks` and `depends_on`: names in a list, or the keys of a mapping. */
export function removeListed(root: Value, path: Path, name: string): Primitive[] {
  const now = valueAt(root, path);
  if (now?.kind !== 'list') return lifted(root, [...path, name]);
  const index = now.items.findIndex((item) => textOf(item) === name);
  if (index < 0) throw refused(`${shownAs([...path, name])} is not there`);
  return lifted(root, [...path, index]);
}

export function setNetwork(
  root: Value,
  path: Path,
  name: string,
  options: Record<string, unknown> | undefined,
): Primitive[] {
  const now = valueAt(root, path);
  if (now?.kind === 'map') return settings(root, [...path, name], plainFrom(options ?? null));
  const names = itemsOf(now).map((item) => textOf(item) ?? '');
  if (options === undefined) return names.includes(name) ? [] : [{ do: 'append', path, value: name }];
  // Options need the mapping, into which the list's names go too.
  const entries = names.filter((one) => one !== name).map((one): [string, Plain] => [one, null]);
  return [{ do: 'set', path, value: new Map([...entries, [name, plainFrom(options)]]) }];
}

export function setDependency(
  root: Value,
  path: Path,
  name: string,
  condition: string | undefined,
): Primitive[] {
  const now = valueAt(root, path);
  if (now?.kind === 'map')
    return settings(root, [...path, name, 'condition'], condition ?? 'service_started');
  const names = itemsOf(now).map((item) => textOf(item) ?? '');
  if (condition === undefined) return names.includes(name) ? [] : [{ do: 'append', path, value: name }];
  const started = (word: string): Plain => new Map([['condition', word]]);
  const entries = names
    .filter((one) => one !== name)
    .map((one): [string, Plain] => [one, started('service_started')]);
  return [{ do: 'set', path, value: new Map([...entries, [name, started(condition)]]) }];
}

/** A port as it is written, or by the container's port, with its protocol or without. */
export function removePort(root: Value, path: Path, name: string): Primitive[] {
  const items = itemsOf(valueAt(root, path));
  const exact = items.findIndex((item) => textOf(item) === name);
  const found =
    exact >= 0
      ? [exact]
      : items.flatMap((item, index) => {
          const port = portOf(item);
          const target = port === null ? [] : [port.target, `${port.target}/${port.protocol}`];
          return target.includes(name) ? [index] : [];
        });
  return removeOne(root, path, name, found);
}

export function removeTarget(root: Value, path: Path, name: string): Primitive[] {
  const found = itemsOf(valueAt(root, path)).flatMap((item, index) =>
    textOf(item) === name || targetOf(item) === name ? [index] : [],
  );
  return removeOne(root, path, name, found);
}

function removeOne(root: Value, path: Path, name: string, found: readonly number[]): Primitive[] {
  const [index] = found;
  if (index === undefined) throw refused(`${shownAs([...path, name])} is not there`);
  if (found.length > 1)
    throw refused(`${name} stands ${found.length} times in ${shownAs(path)}: name one as it is written`);
  return lifted(root, [...path, index]);
}
