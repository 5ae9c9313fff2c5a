import { existsSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type TestBox, describeSandbox, git, testBox } from '../../helpers/box.ts';

function repository(): TestBox {
  const box = testBox();
  git(box.root, 'init', '-q', '-b', 'main');
  writeFileSync(join(box.root, 'file'), 'one\n');
  git(box.root, 'add', '.');
  git(box.root, 'commit', '-q', '-m', 'one');
  return box;
}

const ATTEMPTS = [
  'git config core.fsmonitor "touch ran"',
  'echo x >>.git/config',
  'echo x >.git/new && mv .git/new .git/config',
  'mkdir -p .git/hooks && echo x >.git/hooks/pre-commit',
  'rm -rf .git/hooks && mkdir .git/hooks && echo x >.git/hooks/pre-commit',
  'mv .git/hooks .git/old && mkdir .git/hooks && echo x >.git/hooks/pre-commit',
  'ln -s /tmp .git/new && mv -T .git/new .git/hooks',
  'mkdir -p .git/info && echo "* filter=x" >.git/info/attributes',
  'mv .git away && mkdir .git && cp -r away/. .git && echo x >>.git/config',
  'rm -rf .git; mkdir .git && echo x >.git/config',
  'mkdir other && mv -T other .git && echo x >.git/config',
  'umount .git/config; umount .git; echo x >>.git/config',
];

describeSandbox('repositories in the sandbox', import.meta.filename, () => {
  test('git works as ever', async () => {
    const { run, upper } = repository();
    const line = [
      'echo two >file && git add file && git -c user.name=a -c user.email=a@b commit -q -m two',
      'git checkout -q -b side && echo three >new && git add new && git -c user.name=a -c user.email=a@b commit -q -m three',
      'git checkout -q main && git merge -q side && git stash list && git pack-refs --all && git log --format=%s && git status --short',
    ].join(' && ');
    expect(await run(line)).toMatchObject({ stdout: 'three\ntwo\none\n', stderr: '', exitCode: 0 });
    expect(existsSync(upper('.git/refs'))).toBe(true);
  });

  test('a new repository can be made, in the root and below it', async () => {
    const { run } = testBox();
    const { stderr, exitCode } = await run(
      'git init -q . && git config user.name x && echo x >.git/hooks/pre-commit && git init -q sub && git clone -q . copy',
    );
    expect({ stderr, exitCode }).toEqual({
      stderr: 'warning: You appear to have cloned an empty repository.\n',
      exitCode: 0,
    });
  });

  test.each(['as git makes it', 'without hooks and info', 'with hooks as a link'])(
    'a repository’s configuration, hooks and info are not changed: %s',
    async (how) => {
      for (const attempt of ATTEMPTS) {
        const box = repository();
        const hooks = join(box.root, '.git', 'hooks');
        if (how !== 'as git makes it') rmSync(hooks, { recursive: true });
        if (how === 'without hooks and info') rmSync(join(box.root, '.git', 'info'), { recursive: true });
        if (how === 'with hooks as a link') symlinkSync('../tools', hooks);
        const { stdout } = await box.run(
          `${attempt}; cat .git/config; ls .git/hooks .git/info/attributes | grep -v sample`,
        );
        const told = stdout.split('\n');
        expect({
          attempt,
          found: told.filter((line) => /^x$|fsmonitor|attributes|pre-commit$/.test(line)),
        }).toEqual({ attempt, found: [] });
        for (const path of ['config', 'hooks', 'info'])
          expect({ attempt, path, made: existsSync(box.upper(`.git/${path}`)) }).toEqual({
            attempt,
            path,
            made: false,
          });
      }
    },
  );

  test('the places made for what was not there are no change', async () => {
    const box = repository();
    rmSync(join(box.root, '.git', 'hooks'), { recursive: true });
    expect((await box.run('ls -A .git/hooks; git status --short')).stdout).toBe('');
    expect(existsSync(box.upper('.git/hooks'))).toBe(false);
  });

  test('submodules and worktrees have theirs guarded too', async () => {
    const box = repository();
    const other = repository();
    git(box.root, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', other.root, 'libs/sub');
    git(box.root, 'commit', '-q', '-m', 'sub');
    git(box.root, 'worktree', 'add', '-q', 'tree');
    const { stdout } = await box.run(
      'cd libs/sub; git config a.b c; echo x >>../../.git/modules/libs/sub/hooks/pre-commit; git status --short; git config a.b; cd ../../tree && git status --short; git config a.b x; git config a.b',
    );
    expect(stdout).toBe('');
    const main = await testBox({ in: box.base }).run('echo gitdir: /tmp >.git', {
      cwd: join(box.root, 'tree'),
      layers: [{ root: join(box.root, 'tree'), folder: join(box.base, 'store', 't') }],
    });
    expect(main.stderr).toContain('Read-only file system');
  });
});
