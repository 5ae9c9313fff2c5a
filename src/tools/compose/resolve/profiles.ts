import type { Mapping } from '../document/value.ts';
import { valueAt } from '../document/value.ts';
import { type Project, servicesOf } from './project.ts';
import { textsOf } from './reading.ts';

/** What of a project is asked for. */
export interface Asked {
  readonly profiles?: readonly string[] | undefined;
  readonly services?: readonly string[] | undefined;
}

/**
 * The names of the services that start: those without a profile, with one that is asked for or, where none is, that
 * `.env` names; and those that are named, whose profiles then hold for others too.
 */
export function activeOf({ root, settings }: Pick<Project, 'root' | 'settings'>, asked: Asked): Set<string> {
  const all = servicesOf(root).map(([name, { value }]) => ({
    name,
    profiles: textsOf(valueAt(value, ['profiles'])),
    isNamed: asked.services?.includes(name) === true,
  }));
  const chosen = new Set([
    ...(asked.profiles ?? settings.profiles ?? []),
    ...all.flatMap(({ isNamed, profiles }) => (isNamed ? profiles : [])),
  ]);
  const active = all.filter(
    ({ profiles }) =>
      profiles.length === 0 || chosen.has('*') || profiles.some((profile) => chosen.has(profile)),
  );
  return new Set(active.map(({ name }) => name));
}

/** A project's root with some of its services alone. */
export function withServices(root: Mapping, names: ReadonlySet<string>): Mapping {
  const section = root.entries.get('services');
  if (section?.value.kind !== 'map') return root;
  const entries = new Map([...section.value.entries].filter(([name]) => names.has(name)));
  return {
    ...root,
    entries: new Map([...root.entries, ['services', { ...section, value: { ...section.value, entries } }]]),
  };
}
