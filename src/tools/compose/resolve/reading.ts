import { isAbsolute, join } from 'node:path';
import type { QueryContext } from '../../../core/context.ts';
import { HomeostatError } from '../../../core/errors.ts';
import { MASK } from '../../../core/secrets.ts';
import { decode, parseSource } from '../document/source.ts';
import { treeOf } from '../document/tree.ts';
import { type Entry, type Place, type Value, isHidden, manyOf, textOf, valueAt } from '../document/value.ts';
import { type EnvFile, readEnvFile, readRawEnvFile } from '../../../core/env-file.ts';
import { type Variable, interpolate } from './interpolate.ts';
import { merge } from './merge.ts';
import { type Finding, finding } from './problem.ts';

/** What reading files needs; both kinds of context have it. */
export type Looking = Pick<
  QueryContext,
  'files' | 'isSecret' | 'isOwn' | 'variableNames' | 'composeSettings' | 'config' | 'secrets'
>;

/** An env file: what it says, or of one that is hidden its names, each with its line. */
export type Read = { readonly file: string } & (
  | { readonly hidden: false; readonly content: EnvFile }
  | { readonly hidden: true; readonly names: ReadonlyMap<string, number> }
);

const MOST_FILES = 40;
const MOST_READS = 400;

/** Reading in progress, shared by everything that a project includes. */
export class Reading {
  readonly files: string[] = [];
  /** Further files that were looked for, be they there or not. */
  readonly looked = new Set<string>();
  /** Whether one of them hides what it sets. */
  hides = false;
  readonly findings: Finding[] = [];
  readonly bases = new Map<string, string>();
  /** The variables that each file was read with: what is included has its own. */
  readonly scopes = new Map<string, ReadonlyMap<string, Variable>>();
  #reads = 0;
  readonly #ctx: Looking;

  constructor(ctx: Looking) {
    this.#ctx = ctx;
  }

  /** A file's documents as one value, with variables filled in. */
  async tree(path: string, base: string, variables: ReadonlyMap<string, Variable>): Promise<Value> {
    const documents = await this.documents(path, base, variables);
    return documents.reduce((below, above) => merge(below, above, this.findings));
  }

  /** Each document of a file, with variables filled in; an empty mapping where there is none. */
  async documents(path: string, base: string, variables: ReadonlyMap<string, Variable>): Promise<Value[]> {
    const file = await this.#ctx.files.resolve(path, true);
    if (this.#ctx.isSecret(file)) throw new HomeostatError('secret_path', `${file} is protected as a secret`);
    if (!this.files.includes(file)) this.files.push(file);
    this.#reads += 1;
    if (this.files.length > MOST_FILES || this.#reads > MOST_READS)
      throw new HomeostatError(
        'too_large',
        `the project has over ${MOST_FILES} files, or reads them over ${MOST_READS} times`,
      );
    this.bases.set(file, base);
    this.scopes.set(file, variables);
    const text = decode(await this.#ctx.files.read(file, this.#ctx.config.limits.file_bytes), file);
    const source = parseSource(text, file);
    const documents = source.documents.map((document) => this.filled(treeOf(document, source), variables));
    if (documents.length > 0) return documents;
    return [{ kind: 'map', entries: new Map(), tag: null, place: { file, line: 1, column: 1 } }];
  }

  /** An env file by its format, of one that is hidden the names alone; or why it cannot be read. */
  async envFile(path: string, format = ''): Promise<Read | 'missing' | 'closed'> {
    try {
      const file = await this.resolve(path);
      if (!(await this.isThere(file))) return 'missing';
      if (this.#ctx.isSecret(file)) {
        this.hides = true;
        return { file, hidden: true, names: await this.#ctx.variableNames(file) };
      }
      const text = await this.#text(file);
      return { file, hidden: false, content: format === 'raw' ? readRawEnvFile(text) : readEnvFile(text) };
    } catch (error) {
      if (error instanceof HomeostatError) return error.code === 'not_found' ? 'missing' : 'closed';
      throw error;
    }
  }

  /** What an env file says to Compose itself, be it hidden or not; nothing where it is not there or out of reach. */
  async literals(path: string): Promise<ReadonlyMap<string, string | null>> {
    try {
      return (await this.isThere(path))
        ? await this.#ctx.composeSettings(await this.resolve(path))
        : new Map();
    } catch (error) {
      if (error instanceof HomeostatError) return new Map();
      throw error;
    }
  }

  async resolve(path: string): Promise<string> {
    return this.#ctx.files.resolve(path, true);
  }

  /** Whether there is such a file; that it was looked for is remembered, since it may come into being. */
  async isThere(path: string): Promise<boolean> {
    const file = await this.resolve(path);
    this.looked.add(file);
    return (await this.#ctx.files.state(file)) !== null;
  }

  async isFolder(path: string): Promise<boolean> {
    return (await this.#ctx.files.state(path))?.type === 'directory';
  }

  async #text(file: string): Promise<string> {
    return (await this.#ctx.files.read(file, this.#ctx.config.limits.file_bytes)).toString('utf8');
  }

  /** A value with variables filled in; what nothing sets is a finding. */
  filled(value: Value, variables: ReadonlyMap<string, Variable>): Value {
    this.#checkTag(value);
    if (value.kind === 'map') {
      const entries = [...value.entries].map(([key, entry]): [string, Entry] => [
        key,
        { ...entry, value: this.filled(entry.value, variables) },
      ]);
      return { ...value, entries: new Map(entries) };
    }
    if (value.kind === 'list')
      return { ...value, items: value.items.map((item) => this.filled(item, variables)) };
    if (typeof value.value !== 'string' || !value.value.includes('$')) return value;
    const { text, hidden, unset, broken } = interpolate(value.value, (name) => variables.get(name));
    for (const { name, required } of unset)
      this.findings.push(
        finding(
          'unset_variable',
          required ? 'error' : 'warning',
          value.place,
          `${name} is set neither in .env nor by a default: ${required ? 'Compose refuses to start' : 'it becomes an empty text'} unless the shell that deploys sets it.`,
        ),
      );
    if (broken)
      this.findings.push(
        finding(
          'bad_variable',
          'error',
          value.place,
          'A $ that begins no variable: write $$ for the character itself.',
        ),
      );
    return { ...value, value: text, ...(hidden ? { hidden } : {}) };
  }

  #checkTag({ tag, place }: Value): void {
    if (tag === null || TAGS.test(tag)) return;
    const [severity, why] =
      tag === '!merge'
        ? ([
            'error',
            'merges lists item by item in some versions of Compose, which homeostat does not',
          ] as const)
        : (['warning', 'means nothing to Compose'] as const);
    this.findings.push(finding('unknown_tag', severity, place, `The tag ${tag} ${why}.`));
  }
}

/** Tags that mean something to Compose, and those of YAML itself. */
const TAGS = /^(!reset|!override|!|tag:yaml\.org,2002:.*)$/;

/** What cannot be read of a project's further files is a finding; the rest is still looked at. */
export async function attempt<T>(place: Place, reading: Reading, read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof HomeostatError)) throw error;
    if (error.code === 'too_large') throw error;
    reading.findings.push(finding('unreadable_file', 'error', place, error.message));
    return null;
  }
}

export const under = (base: string, path: string): string => (isAbsolute(path) ? path : join(base, path));

/** A text, or each of a list of texts or of `{path: …}`. */
export const textsOf = (value: Value | undefined): string[] =>
  manyOf(value).flatMap((item) => {
    const text = textOf(item) ?? textOf(valueAt(item, ['path']));
    return text === undefined ? [] : [text];
  });

/** What a name is set to; one without a value is one of the project's variables, masked where it is hidden. */
export function givenFor(
  name: string,
  value: Value,
  variables: ReadonlyMap<string, Variable>,
): Variable | undefined {
  const text = textOf(value);
  if (text !== undefined) return { value: text, hidden: isHidden(value) };
  const known = variables.get(name);
  return known?.hidden === true ? { value: MASK, hidden: true } : known;
}
