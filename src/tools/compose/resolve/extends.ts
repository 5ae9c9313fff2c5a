import { dirname } from 'node:path';
import { HomeostatError } from '../../../core/errors.ts';
import { type Entry, type Mapping, type Value, entriesOf, textOf, valueAt } from '../document/value.ts';
import type { Variable } from './interpolate.ts';
import { merge, settled } from './merge.ts';
import { finding } from './problem.ts';
import { type Reading, attempt, under } from './reading.ts';

/** Services of one file; every one is looked at with all that it extends and needs. */
const MOST_SERVICES = 1000;
/** Services that extend each other in a row. */
const LONGEST = 50;

export interface Extending {
  readonly base: string;
  readonly variables: ReadonlyMap<string, Variable>;
  readonly reading: Reading;
}

/** A file's value with every service that extends another written out over it. */
export async function extended(tree: Value, file: string, how: Extending): Promise<Value> {
  const services = valueAt(tree, ['services']);
  if (tree.kind !== 'map' || services?.kind !== 'map') return tree;
  if (services.entries.size > MOST_SERVICES)
    throw new HomeostatError('too_large', `${file} has over ${MOST_SERVICES} services`);
  const whole = new Map<string, Entry>();
  const known: Known = new Map();
  for (const [name, entry] of services.entries)
    whole.set(name, {
      ...entry,
      value: await over(entry.value, tree, [`${file}#${name}`], { ...how, known }),
    });
  const own = tree.entries.get('services');
  const section: Entry = { place: tree.place, merged: null, ...own, value: { ...services, entries: whole } };
  return { ...tree, entries: new Map([...tree.entries, ['services', section]]) };
}

/** Services that are written out already: many may extend the same, each in a long row. */
type Known = Map<Value, Value>;
type Over = Extending & { readonly known: Known };

async function over(service: Value, tree: Value, seen: readonly string[], how: Over): Promise<Value> {
  const done = how.known.get(service) ?? (await writtenOut(service, tree, seen, how));
  how.known.set(service, done);
  return done;
}

async function writtenOut(service: Value, tree: Value, seen: readonly string[], how: Over): Promise<Value> {
  const wanted = valueAt(service, ['extends']);
  if (service.kind !== 'map' || wanted === undefined) return service;
  const name = textOf(wanted) ?? textOf(valueAt(wanted, ['service']));
  const named = textOf(valueAt(wanted, ['file']));
  if (name === undefined) return service;
  const from = named === undefined ? null : under(how.base, named);
  const id = `${from ?? seen.at(-1)?.split('#')[0] ?? ''}#${name}`;
  const { reading } = how;
  if (seen.includes(id) || seen.length > LONGEST) {
    reading.findings.push(finding('extends_cycle', 'error', wanted.place, `${name} extends itself.`));
    return service;
  }
  const inner = from === null ? how : { ...how, base: dirname(from) };
  const other =
    from === null
      ? tree
      : await attempt(wanted.place, reading, async () => reading.tree(from, inner.base, how.variables));
  if (other === null) return service;
  const below = valueAt(other, ['services', name]);
  if (below === undefined) {
    reading.findings.push(
      finding('unknown_service', 'error', wanted.place, `There is no service ${name} to extend.`),
    );
    return service;
  }
  const whole = await over(below, other, [...seen, id], inner);
  return merge(settled(without(whole)), without(service), reading.findings, ['services', name]);
}

function without(service: Value): Value {
  if (service.kind !== 'map') return service;
  const entries = entriesOf(service).filter(([key]) => key !== 'extends');
  return { ...service, entries: new Map(entries) } satisfies Mapping;
}
