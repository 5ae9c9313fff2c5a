import { type Dirent, readdirSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import picomatch from 'picomatch';

const MOST_PATHS = 1000;
const MOST_ENTRIES = 5000;
const MOST_BELOW = 20_000;

/**
 * The paths that a shell would put in the place of an unquoted pattern, as the disk now stands; the pattern
 * itself where none fits, as bash does. Null where there are too many to look at.
 */
export function expandGlob(cwd: string, pattern: string): string[] | null {
  let found = [isAbsolute(pattern) ? '/' : cwd];
  let looked = 0;
  for (const part of pattern.split('/').filter(Boolean)) {
    if (!/[*?[]/.test(part)) {
      found = found.map((folder) => join(folder, part));
      continue;
    }
    // `**` is `*` to bash unless it is told otherwise; a leading dot must be named.
    const fits = picomatch(part.replaceAll(/\*+/g, '*').replaceAll('[!', '[^'), {
      posix: true,
      dot: part.startsWith('.'),
      nobrace: true,
      noextglob: true,
    });
    const next: string[] = [];
    for (const folder of found) {
      const names = namesIn(folder);
      looked += names.length;
      if (looked > MOST_ENTRIES) return null;
      next.push(...names.filter((name) => fits(name)).map((name) => join(folder, name)));
    }
    found = next;
    if (found.length > MOST_PATHS) return null;
  }
  return found.length > 0 ? found : [join(isAbsolute(pattern) ? '/' : cwd, pattern)];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Every file and link below a folder, itself where it is none; null past a number that takes too long to list. */
export function filesBelow(path: string): string[] | null {
  const files: string[] = [];
  const folders = [path];
  let looked = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = entriesIn(folder);
    if (entries === null) {
      files.push(folder);
      continue;
    }
    looked += entries.length;
    if (looked > MOST_BELOW) return null;
    for (const entry of entries) (entry.isDirectory() ? folders : files).push(join(folder, entry.name));
  }
  return files;
}

function entriesIn(folder: string): Dirent[] | null {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return null;
  }
}
