import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CatalogueData } from './catalogue-schema.ts';
import { catalogueOf } from './catalogue.ts';
import type { Program } from './commands.ts';
import { programsReadBy } from './programs.ts';
import type { RegistryData } from './registry-data.ts';
import type { Registry } from './registry.ts';

/** The first line of the file; each further one is an entry of a program, in the order of `names`. */
interface Head extends Omit<RegistryData, 'catalogue'> {
  readonly digest: string;
  /** What the files were when they were read; null where that was too early to tell a later change by. */
  readonly marks: string | null;
  readonly names: readonly (readonly string[])[];
  readonly catalogue: Omit<CatalogueData, 'programs'>;
}

/** A registry that has been read and held to its own examples, to be written where a start can find it. */
export function compile(
  folder: string,
  { catalogue: { programs, ...catalogue }, ...rest }: RegistryData,
): string {
  const names = programs.map((program) => program.programs);
  const head: Head = { digest: digestOf(folder), marks: settledMarks(folder), names, catalogue, ...rest };
  return [head, ...programs].map((line) => ascii(JSON.stringify(line))).join('\n');
}

/** A registry, and one digest of the names and texts of all its files. */
export interface Digested {
  readonly registry: Registry;
  readonly digest: string;
}

/** What the build found in a registry and checked; null unless every file of it still stands as it did then. */
export function compiledRegistry(folder: string, file: string): Digested | null {
  let head: Head;
  let lines: string[];
  try {
    const [first = '', ...others] = readFileSync(file, 'latin1').split('\n');
    head = JSON.parse(first) as Head;
    lines = others;
  } catch {
    return null;
  }
  if (lines.length !== head.names.length) return null;
  // Half a megabyte is not read to see that nobody has touched it.
  if (head.marks !== marksOf(folder).text && head.digest !== digestOf(folder)) return null;
  const programs = programsReadBy((index) => JSON.parse(lines[index] ?? '') as Program, head.names);
  const registry = {
    rules: head.rules,
    commands: catalogueOf(head.catalogue, programs),
    sandbox: head.sandbox,
  };
  return { registry, digest: head.digest };
}

/** Of nothing but ASCII, a text is read and parsed in half the time. */
const ascii = (json: string): string =>
  json.replaceAll(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .toSorted();

/** What a file system tells of all YAML files that no change leaves as it was, and when the last of them was changed. */
function marksOf(folder: string): { text: string; newest: number } {
  let newest = 0;
  const lines = filesOf(folder).map((name) => {
    const { size, ino, ctimeMs } = statSync(join(folder, name));
    newest = Math.max(newest, ctimeMs);
    return `${name} ${size} ${ino} ${ctimeMs}`;
  });
  return { text: lines.join('\n'), newest };
}

/** A file's time is coarse: what is changed again in the same moment looks as it did. */
function settledMarks(folder: string): string | null {
  const { text, newest } = marksOf(folder);
  return newest < Date.now() - SETTLED_MS ? text : null;
}
const SETTLED_MS = 1000;

/** One digest of the names and the texts of all YAML files. */
export function digestOf(folder: string): string {
  const hash = createHash('sha256');
  for (const name of filesOf(folder)) {
    const text = readFileSync(join(folder, name));
    hash.update(`${name}\0${text.length}\0`).update(text);
  }
  return hash.digest('hex');
}
