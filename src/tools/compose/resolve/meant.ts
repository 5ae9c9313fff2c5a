import { dirname, join } from 'node:path';
import { HomeostatError } from '../../../core/errors.ts';
import type { Variable } from './interpolate.ts';
import { finding } from './problem.ts';
import type { Reading } from './reading.ts';

/** In the order in which Compose looks for them. */
const DEFAULTS = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const OVERRIDES = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
];

/** What a project's `.env` says to Compose itself. */
export interface Settings {
  /** Null where it names none. */
  readonly profiles: readonly string[] | null;
  readonly name: string | null;
}

/**
 * The files that are meant: those that are named, as by `-f`. A folder, and a default file alone, mean what Compose
 * reads where no `-f` is given: that file with the override beside it, or for a folder what its `.env` names.
 */
export async function filesMeant(paths: readonly string[], reading: Reading): Promise<readonly string[]> {
  const [first = ''] = paths;
  if (paths.length !== 1) return paths;
  const target = await reading.resolve(first);
  const isFolder = await reading.isFolder(target);
  const folder = isFolder ? target : dirname(target);
  if (!isFolder && !DEFAULTS.includes(target.slice(folder.length + 1))) return paths;
  const named = isFolder ? await namedIn(folder, reading) : null;
  if (named !== null) return named;
  const main = isFolder ? await firstOf(folder, DEFAULTS, reading) : first;
  if (main === null)
    throw new HomeostatError('not_found', `${folder} has none of ${DEFAULTS.join(', ')}`, {
      next: 'Name the Compose files.',
    });
  const override = await firstOf(folder, OVERRIDES, reading);
  return override === null ? [main] : [main, override];
}

/** What `COMPOSE_FILE` of a folder's `.env` names; null where it names nothing. */
async function namedIn(folder: string, reading: Reading): Promise<readonly string[] | null> {
  const literal = await reading.literals(join(folder, '.env'));
  const said = literal.get('COMPOSE_FILE');
  const separator = literal.get('COMPOSE_PATH_SEPARATOR');
  if (said === undefined || said === '') return null;
  const files = said?.split(separator || ':').map((file) => join(folder, file)) ?? [];
  if (
    separator === null ||
    files.some((file, at) => at === 0 && dirname(file) !== folder) ||
    files.length === 0
  )
    throw new HomeostatError('invalid_input', `COMPOSE_FILE of ${folder}/.env is not followed`, {
      next: 'It is made of other variables or begins in another folder. Name the Compose files themselves.',
    });
  return files;
}

async function firstOf(folder: string, names: readonly string[], reading: Reading): Promise<string | null> {
  let found: string | null = null;
  for (const name of names) {
    const path = join(folder, name);
    if (await reading.isThere(path)) found ??= path;
  }
  return found;
}

/** Profiles and the project's name, also of a `.env` that is hidden: neither is a secret, nor anything else told. */
export async function settingsIn(
  env: string,
  variables: ReadonlyMap<string, Variable>,
  reading: Reading,
): Promise<Settings> {
  const literal = await reading.literals(env);
  const said = (name: string): string | null => {
    const variable = variables.get(name);
    if (variable === undefined) return null;
    if (!variable.hidden) return variable.value;
    const text = literal.get(name);
    if (typeof text === 'string') return text;
    const place = { file: env, line: 1, column: 1 };
    const why = `${name} is made of other variables of a file that is not shown: nobody can tell what it is. Write it out.`;
    reading.findings.push(finding('hidden_setting', 'error', place, why));
    return null;
  };
  const profiles = said('COMPOSE_PROFILES')
    ?.split(',')
    .map((profile) => profile.trim())
    .filter(Boolean);
  return { profiles: profiles ?? null, name: said('COMPOSE_PROJECT_NAME') || null };
}
