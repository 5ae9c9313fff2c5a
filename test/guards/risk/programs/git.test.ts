import { describe, expect, it } from 'vitest';
import { rank } from '../../../../src/core/risk.ts';
import { patched, settled } from '../../../../src/guards/risk/programs/git-words.ts';
import { record, words } from './recorder.ts';

const settledText = (line: string): string =>
  settled(words(line))
    .map((word) => word.text)
    .join(' ');

describe('git', () => {
  it.each([
    'git -C repo reset --hard',
    'git -ccore.x=y --no-pager --git-dir a/.git reset -q --har HEAD~1',
    'git checkout --forc main',
    'git checkout HEAD~2 -- src/a.ts',
    'git checkout ./src',
    'git restore --no-patch -p',
    'git restore -- --staged',
    'git clean -d -f',
    'git -c clean.requireForce=false clean -d',
    'git rm --dry-run --no-dry-run --force a',
    'git push origin refs/heads/a:+refs/heads/a',
    'git push origin :a',
    'git branch --del --forc a',
    'git -c gc.pruneExpire=now gc',
    'git rebase --abor',
    'git worktree remove --forc ../a',
    'git submodule foreach --recursive git clean -fd',
    'git -c alias.a=b -c "alias.b=reset --hard" a',
    'git --exec-path=/tmp/bin status',
    'git clone --config core.sshCommand=./a host:a b',
    'git fetch "ext::sh -c id"',
    'git config --global core.hooksPath hooks',
  ])('flags %s', (line) => {
    expect(rank(record(line).level)).toBeGreaterThanOrEqual(rank('HIGH'));
  });

  it.each([
    'git status',
    'git checkout -b a origin/main',
    'git checkout release/1.2',
    'git switch -c a',
    'git restore --staged a',
    'git restore -W --no-worktree a',
    'git clean -nd',
    'git rm --force --cached a',
    'git rm --force --no-force a',
    'git rm -- -f',
    'git push --dry-run --mirror origin',
    'git push --force-with-lease origin main',
    'git branch -d a',
    'git reflog expire --expire=90.days',
    'git worktree remove -- -f',
    'git -c core.pager=cat -c core.fsmonitor=false log',
    'git -c core.sshCommand=./a status',
    'git -c alias.st=status st',
    'git config user.name me',
    'git config core.sshCommand',
    'git commit -m "git reset --hard"',
  ])('leaves %s alone', (line) => {
    expect(rank(record(line).level)).toBeLessThan(rank('HIGH'));
  });

  it('runs an alias that is a shell line, with its arguments', () => {
    expect(record("git -c 'alias.x=!rm -rf' x /").code).toEqual(['shell: rm -rf "$@"']);
  });

  it('does not follow aliases that name each other for ever', () => {
    expect(record('git -c alias.a=b -c alias.b=a a').unknown).toEqual(['git-a']);
  });

  it('names the files that it shows', () => {
    const paths = (line: string): (string | undefined)[] =>
      record(line).found.map((found) => found.path?.text);
    expect(paths('git show HEAD:.env')).toEqual(['.env']);
    expect(paths('git cat-file -p main:./.ssh/id_rsa')).toEqual(['.ssh/id_rsa']);
    expect(paths('git log -p -- .env')).toEqual(['.env']);
    expect(paths('git show HEAD')).toEqual([]);
  });

  it('reads the patch that it applies, from the pipe or from a file of this line', () => {
    const patch = '--- a/.env\n+++ b/.env\n@@ -1 +1 @@\n-a\n+b\n';
    const changes = (line: string, stdin: string | null): unknown[] =>
      record(line, stdin, new Map([['a.patch', patch]])).found.map(({ kind, path }) => [kind, path?.text]);
    expect(changes('git apply', patch)).toEqual([['write', '.env']]);
    expect(changes('git apply a.patch', null)).toEqual([['write', '.env']]);
    expect(changes('git apply --check a.patch', null)).toEqual([]);
  });
});

describe('patched', () => {
  it('tells what is deleted, renamed and made', () => {
    const patch =
      '--- a/gone\n+++ /dev/null\n--- /dev/null\n+++ b/new\t2026\nrename from old\nrename to moved\n';
    expect(patched(patch)).toEqual([
      { path: 'gone', gone: true },
      { path: 'new', gone: false },
      { path: 'old', gone: true },
      { path: 'moved', gone: false },
    ]);
  });
});

describe('settled', () => {
  it('lets the last of a switch and its negation win', () => {
    expect(settledText('-qf --no-force a')).toBe('-q --no-force a');
    expect(settledText('--no-force -f a')).toBe('-f a');
    expect(settledText('-f -- --no-force')).toBe('-f -- --no-force');
  });
});
