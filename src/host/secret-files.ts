import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SecretText } from '../core/secrets.ts';
import { smallText } from './small-text.ts';

/** Entries of a root that are looked at, those near its top first; the tools of a project put their own far below. */
const MOST_ENTRIES = 5000;
const MOST_FILES = 100;
const SKIPPED = new Set(['.git', 'node_modules']);
/** How long a list of the files is believed; what they hold is looked at each time. */
const LIST_MS = 5000;

export type SecretFiles = (
  roots: readonly string[],
  isSecret: (path: string) => boolean,
  listed: readonly string[],
  anew?: boolean,
) => readonly SecretText[];

/** Reads the files below some roots that hold secrets, and those listed; the same array as before where none has changed. */
export function openSecretFiles(): SecretFiles {
  const lists = new Map<string, { readonly until: number; readonly paths: readonly string[] }>();
  const texts = new Map<string, { readonly stamp: string; readonly read: SecretText | null }>();
  let last: readonly SecretText[] = [];
  const below = (root: string, isSecret: (path: string) => boolean, anew: boolean): readonly string[] => {
    const known = lists.get(root);
    if (!anew && known !== undefined && known.until > performance.now()) return known.paths;
    const paths = secretsBelow(root, isSecret);
    lists.set(root, { until: performance.now() + LIST_MS, paths });
    return paths;
  };
  const textOf = (path: string): SecretText | null => {
    const stamp = stampOf(path);
    const known = texts.get(path);
    if (known?.stamp === stamp) return known.read;
    const text = stamp === '' ? null : smallText(path);
    const read = text === null ? null : { path, text };
    texts.set(path, { stamp, read });
    return read;
  };
  return (roots, isSecret, listed, anew = false) => {
    const paths = new Set([...listed, ...roots.flatMap((root) => below(root, isSecret, anew))]);
    const now = [...paths]
      .slice(0, MOST_FILES)
      .map(textOf)
      .filter((one) => one !== null);
    if (now.length !== last.length || now.some((one, index) => one !== last[index])) last = now;
    return last;
  };
}

function secretsBelow(root: string, isSecret: (path: string) => boolean): string[] {
  const found: string[] = [];
  const folders = [root];
  let looked = 0;
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift())
    for (const entry of entriesIn(folder)) {
      if (++looked > MOST_ENTRIES) return found;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!SKIPPED.has(entry.name)) folders.push(path);
      } else if (entry.isFile() && isSecret(path)) found.push(path);
    }
  return found;
}

function entriesIn(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Another one for another content; empty where no file is. */
function stampOf(path: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(path);
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch {
    return '';
  }
}
