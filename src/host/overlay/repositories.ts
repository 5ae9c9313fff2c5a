import { lstatSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isPlainGitConfig } from '../../core/git-config.ts';
import { fsPath } from '../journal/print.ts';

const MOST_BYTES = 65_536;
/** What else in a repository decides what git runs, or where it looks for that. */
const TELLING = /^(commondir|config\.worktree|gitdir|modules|worktrees)$/;

/**
 * Whether a new `.git` is as `git init` and `git clone` make it: its configuration is plain, its hooks are samples, and
 * nothing in it leads to another. `folder` is absolute, in latin1.
 */
function isInertRepository(folder: string): boolean {
  try {
    return (
      !names(folder).some((name) => TELLING.test(name)) &&
      isPlainGitConfig(textOf(`${folder}/config`)) &&
      namesIfAny(`${folder}/hooks`).every((name) => name.endsWith('.sample')) &&
      namesIfAny(`${folder}/info`).every((name) => name === 'exclude' || name === 'refs')
    );
  } catch {
    // What cannot be looked at is not taken for harmless.
    return false;
  }
}

/** What `git worktree add` lays out in a repository for each worktree, none of which git runs. */
const WORKTREE = /^(HEAD|ORIG_HEAD|FETCH_HEAD|commondir|gitdir|index|logs|refs|locked)$/;

/**
 * The folder of a repository, absolute, that a new `.git` of a worktree names; null where it is no such file. `file` is
 * where it lies now, in latin1, `path` where it is to lie.
 */
function folderOfWorktree(file: string, path: string): string | null {
  try {
    const [, named = ''] = /^gitdir: ([^\n]+)\n$/.exec(textOf(file)) ?? [];
    const folder = resolve(dirname(path), named);
    return /\/\.git\/worktrees\/[^/]+$/.test(folder) ? folder : null;
  } catch {
    return null;
  }
}

/**
 * Whether a new folder of a repository, which lies at `at`, latin1, and is to lie at `folder`, is as `git worktree add`
 * makes it for this new `.git`: git there goes by what the repository, which stands already, has decided before.
 */
function isInertWorktree(at: string, folder: string, git: string): boolean {
  try {
    return (
      lstatSync(resolve(folder, '../..')).isDirectory() &&
      names(at).every((name) => WORKTREE.test(name) && !isLink(`${at}/${name}`)) &&
      textOf(`${at}/commondir`) === '../..\n' &&
      resolve(folder, textOf(`${at}/gitdir`).replace(/\n$/, '')) === git
    );
  } catch {
    return false;
  }
}

const isLink = (path: string): boolean => lstatSync(fsPath(path)).isSymbolicLink();

/** A link is not followed: what it leads to lies where no rule speaks of it, and could be filled later. */
function names(folder: string): string[] {
  if (!lstatSync(fsPath(folder)).isDirectory()) throw new Error('no folder');
  return readdirSync(fsPath(folder), { encoding: 'latin1' });
}

const namesIfAny = (folder: string): string[] =>
  lstatSync(fsPath(folder), { throwIfNoEntry: false }) === undefined ? [] : names(folder);

function textOf(file: string): string {
  const stats = lstatSync(fsPath(file));
  if (!stats.isFile() || stats.size > MOST_BYTES) throw new Error('no plain configuration');
  return readFileSync(fsPath(file), 'utf8');
}

interface New {
  readonly path: string;
  /** Where it lies before it is committed, latin1. */
  readonly at: string;
}

/** Of new entries those that are repositories, or worktrees of one, of which git runs nothing that is new. */
export function inertOf(made: readonly New[]): string[] {
  const places = new Map(made.map(({ path, at }) => [path, at]));
  return made
    .filter(({ path }) => path.endsWith('/.git'))
    .flatMap(({ path, at }) => {
      if (isInertRepository(at)) return [path];
      const folder = folderOfWorktree(at, path);
      const place = folder === null ? undefined : places.get(folder);
      if (folder === null || place === undefined || !isInertWorktree(place, folder, path)) return [];
      return [path, folder];
    });
}
