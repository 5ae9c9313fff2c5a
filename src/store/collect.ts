import { readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const MANIFEST = 'manifest:';
const DIGEST = /\b(manifest:)?([0-9a-f]{64})\b/g;

/**
 * Removes objects that no text names and that are older than `beforeMs`; manifests name objects themselves.
 * The memory of former scans goes first, since it vouches for objects that may go now.
 */
export function collectObjects(
  objects: string,
  scans: string,
  texts: Iterable<string>,
  beforeMs: number,
): number {
  rmSync(scans, { recursive: true, force: true });
  const named = new Set<string>();
  for (const text of texts) nameAll(text, objects, named);
  let removed = 0;
  for (const prefix of readdirSync(objects, { withFileTypes: true })) {
    const folder = join(objects, prefix.name);
    const names = prefix.isDirectory() ? readdirSync(folder) : [''];
    for (const name of names) {
      const path = join(folder, name);
      if (named.has(prefix.name + name) || statSync(path).mtimeMs > beforeMs) continue;
      rmSync(path);
      removed++;
    }
  }
  return removed;
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
