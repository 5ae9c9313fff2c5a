import { join } from 'node:path';
import { isPlainGitConfig } from '../../../core/git-config.ts';
import type { CommandContext } from '../context.ts';

const PUBLIC = /^https:\/\/(github\.com|gitlab\.com|codeberg\.org|bitbucket\.org)\/[\w.-]+\/[\w.-]+\/?$/;

/** What in a repository leads git elsewhere, or to another repository. */
const LEADING = ['commondir', 'config.worktree', 'gitdir', 'modules', 'worktrees'];

/**
 * Whether the repository that git would find from the innermost of the folders names public hosts alone and nothing
 * to run; so does none at all.
 */
export function isPublicRepository(folders: readonly string[], ctx: CommandContext): boolean {
  const folder = folders.find((one) => ctx.facts(join(one, '.git')).type !== 'missing');
  if (folder === undefined) return true;
  const git = join(folder, '.git');
  const stands = (name: string): string => ctx.facts(join(git, name)).type;
  // One that stands under another name or is none of its own is not looked through.
  if (ctx.facts(git).type !== 'directory' || stands('config') !== 'file') return false;
  const config = ctx.text(join(git, 'config')) ?? '[';
  const addresses = [...config.matchAll(/^\s*url = (.*?)\s*$/gim)].map(([, url]) => url ?? '');
  return (
    isPlainGitConfig(config) &&
    addresses.every((url) => PUBLIC.test(url)) &&
    LEADING.every((name) => stands(name) === 'missing') &&
    (stands('hooks') === 'missing' || hooksOf(git, ctx).every((name) => name.endsWith('.sample'))) &&
    stands('info/attributes') === 'missing'
  );
}

const hooksOf = (git: string, ctx: CommandContext): readonly string[] =>
  ctx.below(join(git, 'hooks')) ?? ['unknown'];
