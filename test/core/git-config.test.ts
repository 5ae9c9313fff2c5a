import { expect, test } from 'vitest';
import { isPlainGitConfig } from '../../src/core/git-config.ts';

const INIT = '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n';

test('what git itself writes is plain', () => {
  expect(isPlainGitConfig(INIT)).toBe(true);
  const clone = `${INIT}[remote "origin"]\n\turl = https://example.com/x.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n[branch "main"]\n\tremote = origin\n\tmerge = refs/heads/main\n`;
  expect(isPlainGitConfig(clone)).toBe(true);
});

test.each([
  '[core]\n\tfsmonitor = ./x\n',
  '[core]\n\thooksPath = h\n',
  '[core]\n\tsshCommand = sh x\n',
  '[core] fsmonitor = ./x\n',
  '[core]\n\tbare = false\\\n fsmonitor = x\n',
  '[include]\n\tpath = ../x\n',
  '[alias]\n\tst = !sh x\n',
  '[filter "x"]\n\tclean = sh x\n',
  '[credential]\n\thelper = !sh x\n',
  '[remote "o"]\n\turl = ext::sh -c x\n',
  '[remote "o"]\n\tuploadpack = sh x\n',
  'fsmonitor = x\n',
])('what makes git run something is not: %j', (text) => {
  expect(isPlainGitConfig(INIT + text)).toBe(false);
});
