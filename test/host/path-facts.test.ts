import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseGitIndex } from '../../src/host/git-index.ts';
import { pathFacts } from '../../src/host/path-facts.ts';
import { scratch } from '../helpers/scratch.ts';

const IDENTITY = ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.org'];
const git = (cwd: string, ...args: string[]): string =>
  execFileSync('git', [...IDENTITY, '-c', 'protocol.file.allow=always', ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'], HOME: cwd, GIT_CONFIG_NOSYSTEM: '1' },
  });

function write(root: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

/** Commits all, once the clock has left the files behind: what is as young as the index is not trusted. */
function commit(root: string): void {
  const old = new Date(Date.now() - 60_000);
  for (const name of git(root, 'ls-files', '-zco', '--exclude-standard').split('\0'))
    if (name !== '' && lstatSync(join(root, name)).isFile()) utimesSync(join(root, name), old, old);
  git(root, 'add', '-A');
  git(root, 'commit', '-qm', 'all');
}

function repository(files: Record<string, string>, ...options: string[]): string {
  const { root } = scratch();
  git(root, 'init', '-q', ...options);
  write(root, files);
  commit(root);
  return root;
}

const FILES = {
  'README.md': 'read me\n',
  'src/a.ts': 'a\n',
  'src/deep/b.ts': 'b\n',
  'src/deep/größe und mehr.ts': 'c\n',
  'src-old/d.ts': 'd\n',
};
const CLEAN = { clean: true, untracked: false, holdsRepository: false };

describe.each(['2', '4'])('in an index of version %s', (version) => {
  const made = (): string => {
    const root = repository(FILES);
    git(root, 'update-index', '--index-version', version, '--refresh', '--force-write-index');
    expect(readFileSync(join(root, '.git/index')).readUInt32BE(4)).toBe(Number(version));
    return root;
  };

  test('committed files and folders have a copy', () => {
    const root = made();
    expect(pathFacts(join(root, 'src/a.ts'))).toEqual({
      type: 'file',
      size: 2,
      git: { tracked: 1, ...CLEAN },
    });
    expect(pathFacts(join(root, 'src/deep/größe und mehr.ts')).git).toEqual({ tracked: 1, ...CLEAN });
    expect(pathFacts(join(root, 'src'))).toEqual({
      type: 'directory',
      size: 0,
      git: { tracked: 3, ...CLEAN },
    });
  });

  test('every path that git lists is read', () => {
    const root = made();
    const entries = parseGitIndex(readFileSync(join(root, '.git/index')), 20) ?? [];
    const names = entries.map(({ path }) => Buffer.from(path, 'latin1').toString());
    expect(names.join('\0')).toBe(git(root, 'ls-files', '-z').replace(/\0$/, ''));
  });

  test('a changed, an added and an untracked file have none', () => {
    const root = made();
    appendFileSync(join(root, 'src/a.ts'), 'more\n');
    expect(pathFacts(join(root, 'src/a.ts')).git).toMatchObject({ tracked: 1, clean: false });
    expect(pathFacts(join(root, 'src')).git).toMatchObject({ clean: false, untracked: false });
    expect(pathFacts(join(root, 'src/deep')).git).toMatchObject({ clean: true, untracked: false });
    write(root, { 'src/deep/new/e.ts': 'e\n' });
    expect(pathFacts(join(root, 'src/deep')).git).toMatchObject({ clean: true, untracked: true });
    expect(pathFacts(join(root, 'src/deep/new')).git).toMatchObject({ tracked: 0, untracked: true });
    expect(pathFacts(join(root, 'src/deep/new/e.ts')).git).toMatchObject({ tracked: 0, untracked: true });
  });

  test('what is committed next is seen', () => {
    const root = made();
    const file = join(root, 'src/a.ts');
    appendFileSync(file, 'more\n');
    expect(pathFacts(file).git).toMatchObject({ clean: false });
    commit(root);
    expect(pathFacts(file).git).toEqual({ tracked: 1, ...CLEAN });
  });
});

test('a file put back to its size and time is still seen to have changed', () => {
  const root = repository(FILES);
  const file = join(root, 'src/a.ts');
  const { atime, mtime } = statSync(file);
  writeFileSync(file, 'x\n');
  utimesSync(file, atime, mtime);
  expect(pathFacts(file)).toMatchObject({ size: 2, git: { clean: false } });
});

test('a file as young as the index is not trusted', () => {
  const root = repository(FILES);
  const soon = new Date(Date.now() + 60_000);
  utimesSync(join(root, 'src/a.ts'), soon, soon);
  git(root, 'add', '-A');
  expect(pathFacts(join(root, 'src/a.ts')).git).toMatchObject({ tracked: 1, clean: false });
  expect(pathFacts(join(root, 'src/deep')).git).toMatchObject({ clean: true });
});

test('a deleted file is no loss, a replaced one is', () => {
  const root = repository(FILES);
  rmSync(join(root, 'src/a.ts'));
  expect(pathFacts(join(root, 'src/a.ts'))).toEqual({ type: 'missing', size: 0, git: null });
  expect(pathFacts(join(root, 'src')).git).toEqual({ tracked: 3, ...CLEAN });
  rmSync(join(root, 'src/deep'), { recursive: true });
  writeFileSync(join(root, 'src/deep'), 'a file now');
  expect(pathFacts(join(root, 'src/deep')).git).toMatchObject({ tracked: 0, untracked: true });
  symlinkSync('README.md', join(root, 'src/a.ts'));
  expect(pathFacts(join(root, 'src')).git).toMatchObject({ clean: false });
});

test('what is announced, in conflict or staged only in part has no copy', () => {
  const root = repository(FILES);
  write(root, { 'later.ts': 'later\n' });
  git(root, 'add', '-N', 'later.ts');
  expect(readFileSync(join(root, '.git/index')).readUInt32BE(4)).toBe(3);
  expect(pathFacts(join(root, 'later.ts')).git).toMatchObject({ tracked: 1, clean: false });
  git(root, 'reset', '-q');
  git(root, 'checkout', '-qb', 'other');
  write(root, { 'src/a.ts': 'theirs\n' });
  git(root, 'commit', '-qam', 'theirs');
  git(root, 'checkout', '-q', '-');
  write(root, { 'src/a.ts': 'ours\n' });
  git(root, 'commit', '-qam', 'ours');
  expect(() => git(root, 'merge', 'other')).toThrow();
  expect(pathFacts(join(root, 'src/a.ts')).git).toMatchObject({ clean: false });
  expect(pathFacts(join(root, 'src/deep')).git).toMatchObject({ clean: true });
});

test('a link is itself, and a folder reached through one is the real one', () => {
  const root = repository(FILES);
  symlinkSync('src', join(root, 'link'));
  git(root, 'add', 'link');
  expect(pathFacts(join(root, 'link'))).toMatchObject({ type: 'symlink', size: 3, git: { tracked: 1 } });
  expect(pathFacts(join(root, 'link/a.ts')).git).toEqual({ tracked: 1, ...CLEAN });
});

test('the work tree holds its own copies, and git’s folder has none', () => {
  const root = repository(FILES);
  expect(pathFacts(root).git).toEqual({ tracked: 5, ...CLEAN, holdsRepository: true });
  expect(pathFacts(join(root, '.git')).git).toBeNull();
  expect(pathFacts(join(root, '.git/objects')).git).toBeNull();
  expect(pathFacts(dirname(root)).git).toBeNull();
});

test('ignored files are not tracked', () => {
  const root = repository({ ...FILES, '.gitignore': 'build/\n' });
  write(root, { 'build/out.js': 'out\n', 'src/build/out.js': 'out\n' });
  expect(pathFacts(join(root, 'build')).git).toMatchObject({ tracked: 0, untracked: true });
  expect(pathFacts(join(root, 'src')).git).toMatchObject({ clean: true, untracked: true });
});

test('a linked work tree has an index of its own and its copies elsewhere', () => {
  const root = repository(FILES);
  const { base } = scratch();
  const tree = join(base, 'tree');
  git(root, 'worktree', 'add', '-q', tree);
  const old = new Date(Date.now() - 60_000);
  utimesSync(join(tree, 'src/a.ts'), old, old);
  git(tree, 'update-index', '--refresh');
  expect(pathFacts(join(tree, 'src/a.ts')).git).toEqual({ tracked: 1, ...CLEAN });
  expect(pathFacts(tree).git).toMatchObject({ tracked: 5, holdsRepository: false });
});

test('a submodule speaks for itself, and is no file of the repository round it', () => {
  const inner = repository({ 'lib.ts': 'lib\n' });
  const root = repository(FILES);
  git(root, 'submodule', '--quiet', 'add', inner, 'src/lib');
  commit(root);
  expect(pathFacts(join(root, 'src/lib/lib.ts')).git).toMatchObject({ tracked: 1, untracked: false });
  expect(pathFacts(join(root, 'src/lib')).git).toMatchObject({ tracked: 1, holdsRepository: false });
  expect(pathFacts(join(root, 'src')).git).toMatchObject({ clean: false });
});

test('names of git objects by SHA-256 are read too', () => {
  const root = repository(FILES, '--object-format=sha256');
  expect(pathFacts(join(root, 'src')).git).toEqual({ tracked: 3, ...CLEAN });
});

test('a split, a cut and a forged index tell nothing', () => {
  const root = repository(FILES);
  const index = join(root, '.git/index');
  truncateSync(index, 150);
  expect(pathFacts(join(root, 'src')).git).toBeNull();
  writeFileSync(index, Buffer.from('DIRC\0\0\0\u0002\u007f\u007f\u007f\u007f', 'latin1'));
  expect(pathFacts(join(root, 'src')).git).toBeNull();
  rmSync(index);
  execFileSync('mkfifo', [index]);
  expect(pathFacts(join(root, 'src')).git).toBeNull();
  rmSync(index);
  git(root, 'reset', '-q');
  git(root, 'update-index', '--split-index');
  expect(pathFacts(join(root, 'src')).git).toBeNull();
});

test('any cut or flipped byte is read without a throw', () => {
  const root = repository(FILES);
  for (const version of ['2', '4']) {
    git(root, 'update-index', '--index-version', version);
    const bytes = readFileSync(join(root, '.git/index'));
    for (let at = 0; at < bytes.length; at++) {
      expect(() => parseGitIndex(bytes.subarray(0, at), 20)).not.toThrow();
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 0xff;
      expect(() => parseGitIndex(flipped, 20)).not.toThrow();
    }
  }
});

test('a folder of too many files is not looked through', () => {
  const many = Object.fromEntries(Array.from({ length: 2001 }, (_, i) => [`many/${i}`, '']));
  const root = repository({ ...FILES, ...many });
  expect(pathFacts(join(root, 'many')).git).toMatchObject({ tracked: 2001, clean: null, untracked: null });
  expect(pathFacts(join(root, 'many/7')).git).toMatchObject({ tracked: 1, clean: true });
});

test('a name that is no text is a name like any other', () => {
  const root = repository(FILES);
  const odd = Buffer.concat([Buffer.from(join(root, 'src/odd-')), Buffer.from([0xff])]);
  writeFileSync(odd, 'odd\n');
  expect(pathFacts(join(root, 'src')).git).toMatchObject({ tracked: 3, untracked: true });
  git(root, 'add', '-A');
  expect(pathFacts(join(root, 'src')).git).toMatchObject({ tracked: 4, untracked: false });
});

test('outside any repository, and where nothing is, git has nothing', () => {
  const { root } = scratch();
  write(root, { 'a/b': 'b' });
  expect(pathFacts(join(root, 'a/b'))).toEqual({ type: 'file', size: 1, git: null });
  expect(pathFacts(join(root, 'a/b/c'))).toEqual({ type: 'missing', size: 0, git: null });
  expect(pathFacts('/nowhere/at/all')).toEqual({ type: 'missing', size: 0, git: null });
  writeFileSync(join(root, '.git'), 'gitdir: /nowhere\n');
  expect(pathFacts(join(root, 'a/b')).git).toBeNull();
  expect(pathFacts('/dev/null')).toMatchObject({ type: 'other', git: null });
});

test('a folder that was renamed is new to git', () => {
  const root = repository(FILES);
  renameSync(join(root, 'src'), join(root, 'lib'));
  expect(pathFacts(join(root, 'lib')).git).toMatchObject({ tracked: 0, clean: true, untracked: true });
  chmodSync(join(root, 'README.md'), 0o755);
  expect(pathFacts(join(root, 'README.md')).git).toMatchObject({ clean: false });
});
