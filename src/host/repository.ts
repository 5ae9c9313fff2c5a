import { type Stats, lstatSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** A git work tree and where git keeps what belongs to it. */
export interface Repository {
  readonly workTree: string;
  readonly index: string;
  /** The folder that holds the objects, shared by all work trees of the repository. */
  readonly store: string;
  /** Bytes of an object's name: SHA-1 or SHA-256. */
  readonly hashBytes: number;
}

const MOST_BYTES = 64 * 1024;

/** The repository that a folder lies in, the nearest one; null in none, and within git's own folder. */
export function repositoryOf(folder: string): Repository | null {
  for (let at = folder; ; at = dirname(at)) {
    if (basename(at) === '.git') return null;
    const found = repositoryAt(at);
    if (found !== null || at === dirname(at)) return found;
  }
}

function repositoryAt(workTree: string): Repository | null {
  const own = join(workTree, '.git');
  const stats = statsOf(own);
  const folder = stats?.isDirectory() === true ? own : linked(own);
  if (folder === null || textOf(join(folder, 'HEAD')) === null) return null;
  const common = textOf(join(folder, 'commondir'));
  const store = common === null ? folder : resolve(folder, common);
  const sha256 = /^\s*objectformat\s*=\s*sha256\s*$/im.test(textOf(join(store, 'config')) ?? '');
  return { workTree, index: join(folder, 'index'), store, hashBytes: sha256 ? 32 : 20 };
}

/** Where the `.git` file of a linked work tree or a submodule points. */
function linked(file: string): string | null {
  const target = /^gitdir: (.+)$/.exec(textOf(file) ?? '')?.[1];
  return target === undefined ? null : resolve(dirname(file), target);
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** A small file's text without its last line break; null where there is no such file. */
function textOf(path: string): string | null {
  const stats = statsOf(path);
  if (stats?.isFile() !== true || stats.size > MOST_BYTES) return null;
  try {
    return readFileSync(path, 'utf8').replace(/\n$/, '');
  } catch {
    return null;
  }
}
