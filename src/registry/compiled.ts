import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RegistryData } from './registry-data.ts';

interface Compiled {
  readonly digest: string;
  readonly data: RegistryData;
}

/** A registry that has been read and held to its own examples, to be written where a start can find it. */
export function compile(folder: string, data: RegistryData): string {
  const compiled: Compiled = { digest: digestOf(folder), data };
  return JSON.stringify(compiled);
}

/** What the build found in a registry and checked; null unless every file of it still stands as it did then. */
export function compiledRegistry(folder: string, file: string): RegistryData | null {
  let compiled: Compiled;
  try {
    compiled = JSON.parse(readFileSync(file, 'utf8')) as Compiled;
  } catch {
    return null;
  }
  return compiled.digest === digestOf(folder) ? compiled.data : null;
}

/** One digest of the names and the texts of all YAML files. */
function digestOf(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const hash = createHash('sha256');
  for (const name of files.filter((n) => n.endsWith('.yaml')).toSorted()) {
    const text = readFileSync(join(folder, name));
    hash.update(`${name}\0${text.length}\0`).update(text);
  }
  return hash.digest('hex');
}
