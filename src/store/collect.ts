import { readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const MANIFEST = 'manifest:';
const DIGEST = /\b(manifest:)?([0-9a-f]{64})\b/g;

/** A scan's memory that was not used for so long is of a root where nobody works any more. */
const UNUSED_MS = 7 * 86_400_000;

/** A file of the state that nothing needs any more. */
export interface Garbage {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Objects that no text names and that are older than `beforeMs`; manifests name objects themselves. What scans
 * remember names objects too, since it vouches for them, until no scan has used it for long.
 */
export function garbage(
  objects: string,
  scans: string,
  texts: Iterable<string>,
  beforeMs: number,
): Garbage[] {
  const found: Garbage[] = [];
  const named = new Set<string>();
  for (const text of texts) nameAll(text, objects, named);
  for (const name of namesIn(scans)) {
    const path = join(scans, name);
    const stats = statSync(path);
    if (stats.mtimeMs < beforeMs - UNUSED_MS) found.push({ path, bytes: stats.size });
    else nameAll(readFileSync(path, 'utf8'), objects, named);
  }
  for (const prefix of readdirSync(objects, { withFileTypes: true })) {
    const folder = join(objects, prefix.name);
    for (const name of prefix.isDirectory() ? readdirSync(folder) : ['']) {
      if (named.has(prefix.name + name)) continue;
      const path = join(folder, name);
      const stats = statSync(path);
      if (stats.mtimeMs <= beforeMs) found.push({ path, bytes: stats.size });
    }
  }
  return found;
}

/** Removes what `garbage` finds. A memory of a scan goes before the objects that it alone vouches for. */
export function collectObjects(
  objects: string,
  scans: string,
  texts: Iterable<string>,
  beforeMs: number,
  trace: (step: string) => void = () => undefined,
): Garbage[] {
  const found = garbage(objects, scans, texts, beforeMs);
  for (const { path } of found) {
    rmSync(path);
    trace('collected');
  }
  return found;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function nameAll(text: string, objects: string, named: Set<string>): void {
  for (const [, manifest, digest] of text.matchAll(DIGEST)) {
    if (digest === undefined) continue;
    named.add(digest);
    // The same object may be named as a plain file first, by whoever wrote a file like it.
    if (manifest === undefined || named.has(MANIFEST + digest)) continue;
    named.add(MANIFEST + digest);
    try {
      nameAll(readFileSync(join(objects, digest.slice(0, 2), digest.slice(2)), 'utf8'), objects, named);
    } catch {
      // A manifest that is gone names nothing any more.
    }
  }
}
