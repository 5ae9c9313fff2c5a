import { execFileSync } from 'node:child_process';

/** Puts all of a folder into a repository of its own, so that git has a copy of everything in it. */
export function commitAll(root: string): void {
  const git = (...args: string[]): unknown =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: root });
  git('init', '-q');
  git('add', '-A');
  git('commit', '-q', '-m', 'all');
}
