import { lstatSync, readFileSync, readdirSync } from 'node:fs';
import { isPlainGitConfig } from '../../core/git-config.ts';
import { fsPath } from '../journal/print.ts';

const MOST_BYTES = 65_536;
/** What else in a repository decides what git runs, or where it looks for that. */
const TELLING = /^(commondir|config\.worktree|gitdir|modules|worktrees)$/;

/**
 * Whether a new `.git` is as `git init` and `git clone` make it: its configuration is plain, its hooks are samples, and
 * nothing in it leads to another. `folder` is absolute, in latin1.
 */
export function isInertRepository(folder: string): boolean {
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
