import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { testApp } from '../helpers/app.ts';
import { needProgram, needRoot } from '../helpers/needs.ts';

const GIT = 'git -c user.name=a -c user.email=b@c -c init.defaultBranch=main';
/** A tree as source code often has it: keys to test with, examples of settings. */
const SOURCES =
  'mkdir -p p/testdata; for f in testdata/key.pem testdata/tls.key .npmrc .env.example a; do echo x >p/$f; done';
const COMMIT = `${GIT} add -f . && ${GIT} commit -qm x`;
const BRANCH = `${GIT} init -q . && touch a && ${COMMIT} && ${GIT} checkout -qb b && ${SOURCES} && ${COMMIT}`;
const PACKAGE =
  'mkdir -p dep/certs dep/.vscode dep/.husky; for f in certs/ca.pem .vscode/settings.json .husky/pre-commit; do echo x >dep/$f; done; echo \'{"name":"dep","version":"1.0.0"}\' >dep/package.json; (cd dep && npm pack --silent >/dev/null) && mv dep/*.tgz . && rm -r dep; echo \'{"name":"a","version":"1.0.0"}\' >package.json';
const WHEEL = `python3 -c "
import zipfile
z = zipfile.ZipFile('foo-1-py3-none-any.whl', 'w')
for name, text in [('foo/cacert.pem', 'x'), ('foo/__init__.py', ''), ('foo-1.dist-info/METADATA', 'Name: foo\\nVersion: 1\\n'), ('foo-1.dist-info/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n'), ('foo-1.dist-info/RECORD', '')]:
    z.writestr(name, text)
"; python3 -m venv .venv`;
const VENV = 'python3 -m venv .venv';

/** What people do all day, by the program that it needs: the tree beforehand, made outside, and the line. */
const WORK: readonly (readonly [needs: string, before: string, line: string])[] = [
  ['python3', '', VENV],
  ['python3', VENV, 'rm -rf .venv'],
  ['python3', WHEEL, '.venv/bin/pip install --no-index ./foo-1-py3-none-any.whl'],
  ['npm', PACKAGE, 'npm install --offline ./dep-1.0.0.tgz'],
  ['npm', `${PACKAGE}; npm install --offline --silent ./dep-1.0.0.tgz`, 'npm ci --offline'],
  ['npm', `${PACKAGE}; npm install --offline --silent ./dep-1.0.0.tgz`, 'rm -rf node_modules'],
  ['git', `${SOURCES}; cd p; ${GIT} init -q . && ${COMMIT}`, 'git clone -q --no-hardlinks p copy'],
  ['git', `${BRANCH} && ${GIT} checkout -q main`, 'git checkout -q b'],
  ['git', BRANCH, 'git checkout -q main'],
  ['git', `${BRANCH} && ${GIT} checkout -q main && touch c && ${COMMIT}`, `${GIT} rebase main b`],
  ['git', `${GIT} init -q . && touch a && ${COMMIT}`, 'git worktree add -q wt && git -C wt status'],
  ['make', "printf 'all:\\n\\tmkdir certs && touch certs/ca.key certs/ca.pem a.o\\n' >Makefile", 'make'],
  ['tar', `${SOURCES}; tar cf p.tar p; rm -r p`, 'tar xf p.tar'],
  ['cp', SOURCES, 'cp -r p copy'],
  ['cp', 'echo A=1 >.env.example', 'cp .env.example .env'],
  ['rsync', SOURCES, 'rsync -a p/ copy'],
];

/** As an ordinary user an overlay splits hard links, which git refuses, and renames a folder by copying it. */
const AS_ROOT: typeof WORK = [
  ['git', `${SOURCES}; cd p; ${GIT} init -q . && ${COMMIT}`, 'git clone -q p copy'],
  ['mv', SOURCES, 'mv p q'],
];

for (const [needs, before, line] of [...WORK, ...AS_ROOT])
  test(`nobody is asked about: ${line} (needs ${needs})`, async () => {
    needProgram(needs);
    if (AS_ROOT.some((one) => one[2] === line)) needRoot();
    const t = await testApp();
    execFileSync('bash', ['-ec', before], { cwd: t.root, stdio: ['ignore', 'ignore', 'inherit'] });
    const report = await t.act('run_command', { command: line });
    expect(report, JSON.stringify(report.result)).toMatchObject({ outcome: 'succeeded' });
    await t.close();
  });
