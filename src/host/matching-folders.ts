import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** So many are taken, and so many looked at on the way; a pattern that names more names too much. */
const MOST = 200;

/** Folders below a root whose path fits the parts, each a name or one with `*` in it; links are no folders here. */
export function matchingFolders(root: string, parts: readonly string[] | null): string[] {
  if (parts === null) return [];
  let found = [root];
  for (const part of parts) {
    const fits = nameLike(part);
    found = found.flatMap((folder) =>
      foldersIn(folder)
        .filter(fits)
        .map((name) => join(folder, name)),
    );
    found = found.slice(0, MOST);
  }
  return found;
}

/** `*` stands for any letters, but not for the dot that hides a name. */
function nameLike(part: string): (name: string) => boolean {
  const source = part.split('*').map((text) => text.replaceAll(/[.+^$|\\]/g, String.raw`\$&`));
  const pattern = new RegExp(`^${part.startsWith('*') ? '(?!\\.)' : ''}${source.join('.*')}$`, 's');
  return (name) => pattern.test(name);
}

function foldersIn(folder: string): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
