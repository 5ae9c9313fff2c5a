import { dirname, join } from 'node:path';
import { HomeostatError } from '../../../core/errors.ts';
import {
  type Entry,
  type Mapping,
  type Value,
  entriesOf,
  itemsOf,
  textOf,
  valueAt,
} from '../document/value.ts';
import { type Assigned, setBy } from './env-files.ts';
import { extended } from './extends.ts';
import type { Variable } from './interpolate.ts';
import { type Settings, filesMeant, settingsIn } from './meant.ts';
import { cleared, isSame, merge } from './merge.ts';
import { type Finding, finding } from './problem.ts';
import { type Looking, Reading, attempt, textsOf, under } from './reading.ts';

/** All files of a project as one value, as Compose would see it. */
export interface Project {
  readonly root: Mapping;
  /** Absolute paths, in the order in which they were read. */
  readonly files: readonly string[];
  readonly findings: readonly Finding[];
  /** The folder that a file's relative paths start from. */
  readonly baseOf: (file: string) => string;
  /** The variables that a file's values are filled in from: what is included has its own. */
  readonly variablesOf: (file: string) => ReadonlyMap<string, Variable>;
  readonly settings: Settings;
  /** Absolute paths of further files that were looked for: of variables, and overrides. */
  readonly looked: ReadonlySet<string>;
  /** Whether one of them hides what it sets, so that values are masked. */
  readonly hides: boolean;
}

/** Reads the files one over the other, with what they extend and include. */
export async function openProject(paths: readonly string[], ctx: Looking): Promise<Project> {
  const reading = new Reading(ctx);
  const meant = await filesMeant(paths, reading);
  const [first = ''] = meant;
  const base = dirname(await ctx.files.resolve(first, true));
  const env = join(base, '.env');
  const variables = await ownVariables(reading, [env], new Map());
  const settings = await settingsIn(env, variables, reading);
  const root = await readFiles(meant, base, variables, reading, []);
  return {
    root,
    files: reading.files,
    findings: reading.findings,
    baseOf: (file) => reading.bases.get(file) ?? dirname(file),
    variablesOf: (file) => reading.scopes.get(file) ?? variables,
    settings,
    looked: reading.looked,
    hides: reading.hides,
  };
}

/** What env files set, the later over the earlier, and what is inherited over both. */
export async function ownVariables(
  reading: Reading,
  files: readonly string[],
  inherited: ReadonlyMap<string, Variable>,
): Promise<Map<string, Variable>> {
  const known = new Map<string, Assigned>();
  for (const file of files) {
    const read = await reading.envFile(file);
    if (typeof read !== 'string') setBy(read, known, (name) => inherited.get(name), reading.findings);
    if (read === 'closed')
      reading.findings.push(
        finding(
          'unreadable_file',
          'error',
          { file, line: 1, column: 1 },
          `${file} cannot be read, so that nobody knows what it sets.`,
        ),
      );
  }
  return new Map<string, Variable>([...known, ...inherited]);
}

async function readFiles(
  paths: readonly string[],
  base: string,
  variables: ReadonlyMap<string, Variable>,
  reading: Reading,
  within: readonly string[],
): Promise<Mapping> {
  let root: Value | undefined;
  for (const path of paths)
    for (const document of await reading.documents(path, base, variables)) {
      // What is included lies beside this document alone: a later file may override it.
      const tree =
        document.kind === 'map'
          ? await withIncluded(document, base, variables, reading, [...within, ...paths])
          : document;
      // Before `extends` is written out, which brings values of the same names.
      root = cleared(root, tree);
      root = merge(root, await extended(tree, path, { base, variables, reading }), reading.findings);
    }
  if (root?.kind !== 'map')
    throw new HomeostatError('unreadable_yaml', `${paths.join(', ')}: no mapping, so no Compose file`);
  return root;
}

async function withIncluded(
  root: Mapping,
  base: string,
  variables: ReadonlyMap<string, Variable>,
  reading: Reading,
  within: readonly string[],
): Promise<Mapping> {
  let whole: Mapping = root;
  for (const item of itemsOf(valueAt(root, ['include']))) {
    const paths = textsOf(item.kind === 'map' ? valueAt(item, ['path']) : item).map((path) =>
      under(base, path),
    );
    const [first] = paths;
    if (first === undefined) continue;
    if (paths.some((path) => within.includes(path))) {
      reading.findings.push(finding('include_cycle', 'error', item.place, 'The file includes itself.'));
      continue;
    }
    const folder = textOf(valueAt(item, ['project_directory']));
    const inner = folder === undefined ? dirname(first) : under(base, folder);
    const listed = textsOf(valueAt(item, ['env_file'])).map((file) => under(base, file));
    for (const file of listed)
      if ((await reading.envFile(file)) === 'missing')
        reading.findings.push(
          finding(
            'env_file_missing',
            'error',
            item.place,
            `${file} does not exist: Compose refuses to start.`,
          ),
        );
    const own = await ownVariables(reading, listed.length > 0 ? listed : [join(inner, '.env')], variables);
    const included = await attempt(item.place, reading, async () =>
      readFiles(paths, inner, own, reading, within),
    );
    if (included !== null) whole = joined(whole, included, reading);
  }
  return whole;
}

/** What is included stands beside what is there; only the same may stand in both. */
function joined(root: Mapping, included: Mapping, reading: Reading): Mapping {
  const entries = new Map(root.entries);
  for (const section of ['services', 'networks', 'volumes', 'secrets', 'configs', 'models']) {
    const theirs = valueAt(included, [section]);
    if (theirs?.kind !== 'map') continue;
    const ours = valueAt(root, [section]);
    const names = new Map(ours?.kind === 'map' ? ours.entries : []);
    for (const [name, entry] of theirs.entries) {
      const own = names.get(name);
      if (own === undefined) names.set(name, entry);
      else if (!isSame(own.value, entry.value))
        reading.findings.push(
          finding(
            'include_conflict',
            'error',
            own.place,
            `${section}.${name} stands in ${entry.place.file} too, in another way.`,
          ),
        );
    }
    const place = entries.get(section)?.place ?? theirs.place;
    entries.set(section, { value: { ...theirs, entries: names }, place, merged: null });
  }
  return { ...root, entries };
}

export const servicesOf = (root: Value): readonly (readonly [string, Entry])[] =>
  entriesOf(valueAt(root, ['services']));
