import { type Value, entriesOf, isHidden, manyOf, textOf, valueAt } from '../document/value.ts';
import { type Assigned, type Lookup, setBy } from './env-files.ts';
import { type Finding, finding, withoutItem } from './problem.ts';
import type { Project } from './project.ts';
import { type Reading, givenFor, textsOf, under } from './reading.ts';
import { namedMap } from './short-forms.ts';

function missing(
  service: string,
  file: string,
  items: readonly Value[],
  item: Value,
  why: 'missing' | 'closed',
): Finding {
  if (why === 'closed')
    return finding(
      'unreadable_file',
      'error',
      item.place,
      `${service}: ${file} cannot be read, so that nobody knows what it sets.`,
    );
  return finding(
    'env_file_missing',
    'error',
    item.place,
    `${service}: ${file} does not exist: Compose refuses to start.`,
    withoutItem(service, 'env_file', items, item),
  );
}

/** All variables of a service: what its env files set, and over it its own; masked where they are hidden. */
export async function environmentOf(
  service: string,
  value: Value,
  project: Pick<Project, 'baseOf' | 'variablesOf'>,
  reading: Reading,
): Promise<Map<string, Assigned>> {
  const environment = valueAt(value, ['environment']);
  const own = environment === undefined ? [] : entriesOf(namedMap(environment));
  const given = new Map(
    own.map(([name, entry]) => [name, givenFor(name, entry.value, project.variablesOf(entry.place.file))]),
  );
  const found = new Map<string, Assigned>();
  const items = manyOf(valueAt(value, ['env_file']));
  for (const item of items) {
    const [file = ''] = textsOf(item);
    const variables = project.variablesOf(item.place.file);
    const outer: Lookup = (name) => variables.get(name) ?? given.get(name);
    const format = textOf(valueAt(item, ['format'])) ?? '';
    if (format !== '' && format !== 'raw')
      reading.findings.push(
        finding(
          'wrong_value',
          'error',
          item.place,
          `${service}: env files have no format ${format}, but raw.`,
        ),
      );
    // Where a hidden variable says which file it is, nobody who may not see it is told.
    if (isHidden(item) || isHidden(valueAt(item, ['path']))) continue;
    const read = await reading.envFile(under(project.baseOf(item.place.file), file), format);
    if (typeof read !== 'string') setBy(read, found, outer, reading.findings);
    else if (textOf(valueAt(item, ['required'])) !== 'false')
      reading.findings.push(missing(service, file, items, item, read));
  }
  for (const [name, { place }] of own) {
    const one = given.get(name);
    if (one === undefined) found.delete(name);
    else found.set(name, { ...one, place });
  }
  return found;
}
