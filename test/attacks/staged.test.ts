import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { type TestApp, testApp } from '../helpers/app.ts';

const GIT = 'git -c user.name=a -c user.email=b@c -c init.defaultBranch=main';
const SECRET = 'TOKEN=do-not-show-this-to-anybody';

const commandLines = (): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      } catch {
        return [];
      }
    });

async function furnished(): Promise<TestApp> {
  const t = await testApp();
  writeFileSync(join(t.root, '.env'), `${SECRET}\n`);
  mkdirSync(join(t.root, 'data'));
  for (let i = 0; i < 30; i++) writeFileSync(join(t.root, 'data', `${i}`), 'the only copy');
  return t;
}

test.each([
  ['settings of a client, deep in a new folder', 'mkdir -p a/b; echo {} > a/b/.mcp.json'],
  ['the same, brought by a rename', 'mkdir a; echo {} > a/x; mv a/x a/.mcp.json'],
  ['the same, as a second name', 'echo {} > x; ln x .mcp.json'],
  ['a hook in a repository of its own', 'git init -q r; printf x > r/.git/hooks/pre-commit'],
  ['a program in the settings of a new repository', 'git init -q r; git -C r config core.fsmonitor ./x'],
  ['a repository that leads to another', 'git init -q r; echo ../../x > r/.git/commondir'],
  ['hooks that lie elsewhere', 'git init -q r; rm -r r/.git/hooks; mkdir r/h; ln -s ../h r/.git/hooks'],
  ['a repository that lies elsewhere', 'git init -q r; mv r/.git r/plain; ln -s plain r/.git'],
  ['a secret that is moved away', 'mv .env plain.txt'],
  ['a secret that goes with its folder, and then out of it', 'mkdir c; cp .env c/; mv c d; mv d/.env d/x'],
  ['a secret that is moved to where nobody would miss it', 'mkdir node_modules; mv .env node_modules/'],
  [
    'a second name for a secret, of which the line does not speak',
    "python3 -c \"import os; [os.link(f, 'x') for f in os.listdir() if len(f) == 4 and f[1:2] == 'e']\"",
  ],
  [
    'a secret overwritten, of which the line does not speak',
    "python3 -c \"import os; [open(f, 'w') for f in os.listdir() if len(f) == 4 and f[1:2] == 'e']\"",
  ],
  ['a secret that something is renamed over', 'echo x > x; mv x .env'],
  [
    'the same, of which the line does not speak',
    "touch x; python3 -c \"import os; [os.rename('x', f) for f in os.listdir() if len(f) == 4 and f[1:2] == 'e']\"",
  ],
  ['more deletions than a few', 'python3 -c "import shutil; shutil.rmtree(\'data\')"'],
  ['the same, one by one', 'find data -type f -exec rm {} +'],
  ['a root that is emptied', 'rm -rf ./* ./.[a-z]*'],
])('a person is asked about %s', async (_, command) => {
  const t = await furnished();
  const report = await t.act('run_command', { command });
  expect(report.outcome).toBe('held');
  expect(readFileSync(join(t.root, '.env'), 'utf8')).toContain(SECRET);
  expect(existsSync(join(t.root, 'data', '7'))).toBe(true);
  await t.close();
});

test.each([
  ['settings of its own', 'echo "[core]" > .git/worktrees/w/config.worktree'],
  ['a repository elsewhere', 'echo ../../../data > .git/worktrees/w/commondir'],
  ["another one's place", 'echo /x/.git > .git/worktrees/w/gitdir'],
  ['another folder', 'echo "gitdir: ../data" > w/.git'],
  ['a second one that is not its own', 'mkdir v; cp w/.git v/.git'],
  ['what leads out of it', 'cd .git/worktrees/w; rm index; ln -s ../../../data/1 index'],
])('a person is asked about a worktree with %s', async (_, command) => {
  const t = await furnished();
  execFileSync('bash', ['-ec', `${GIT} init -q .; ${GIT} add data; ${GIT} commit -qm x`], { cwd: t.root });
  const report = await t.act('run_command', { command: `git worktree add -q w; ${command}` });
  expect(report.outcome).toBe('held');
  await t.close();
});

test.each([
  'rm data/1 data/2',
  'rm -rf /; touch made',
  'git init -q r; cd r; echo x > x; git add x; git -c user.name=a -c user.email=b commit -qm x',
  'no-such-program || echo x > made',
])('nobody is asked about what did no harm: %s', async (command) => {
  const t = await furnished();
  expect((await t.act('run_command', { command })).outcome).toBe('succeeded');
  await t.close();
});

test.each([
  ['a plain run', 'cat .env', {}],
  ['a dry run', 'cat .env', { dry_run: true }],
  ['a run that fails', 'cat .env; false', {}],
  ['a failed run that keeps its changes', 'cat .env; touch x; false', { on_failure: 'keep' }],
])('what %s printed of a secret is told only with a person’s leave', async (_, command, more) => {
  const t = await furnished();
  const report = await t.act('run_command', { command, ...more });
  expect(report.risk?.factors.map((factor) => factor.rule)).toContain('secrets');
  expect(JSON.stringify(report)).not.toContain('do-not-show');
  expect(JSON.stringify(await t.ask('query_audit', { limit: 20 }))).not.toContain('do-not-show');
  await t.close();
});

test('what another agent’s failed command left is committed only with a person’s leave', async () => {
  const t = await furnished();
  const failed = await t.act('run_command', { command: 'touch made; false' });
  expect(failed).toMatchObject({ outcome: 'failed', effects: { changes: [{ change: 'create' }] } });
  const id = failed.action_id;
  expect((await t.act('commit_stage', { id }, { client: 'another' })).outcome).toBe('held');
  expect((await t.act('commit_stage', { id })).outcome).toBe('succeeded');
  expect(existsSync(join(t.root, 'made'))).toBe(true);
  expect((await t.act('commit_stage', { id })).outcome).not.toBe('succeeded');
  await t.close();
});

test('what failed commands left goes, the oldest first, where it is too much', async () => {
  const t = await testApp({ config: 'retention:\n  held_bytes: 100000\n' });
  const ids: (string | null)[] = [];
  for (const name of ['a', 'b', 'c']) {
    const command = `head -c 60000 /dev/zero > ${name}; false`;
    ids.push((await t.act('run_command', { command })).action_id);
  }
  const [first, second, third] = ids;
  for (const id of [first, second])
    expect((await t.act('commit_stage', { id })).outcome).not.toBe('succeeded');
  expect((await t.act('commit_stage', { id: third })).outcome).toBe('succeeded');
  expect(readdirSync(t.root)).toEqual(['c']);
  await t.close();
});

test('a file that a person saves while the command runs is not written over', async () => {
  const t = await furnished();
  const running = t.act('run_command', { command: 'sleep 1.2345; echo of the command > data/1' });
  await vi.waitFor(() => expect(commandLines()).toContain('sleep 1.2345'), { timeout: 20_000, interval: 20 });
  writeFileSync(join(t.root, 'data', '1'), 'of a person');
  expect(await running).toMatchObject({ outcome: 'failed', error: { code: 'world_changed' } });
  expect(readFileSync(join(t.root, 'data', '1'), 'utf8')).toBe('of a person');
  await t.close();
});

test('what a rule speaks of is found among thousands of changes, and told among the few that are shown', async () => {
  const t = await furnished();
  const line =
    'mkdir a; for i in $(seq 300); do echo >a/$i; echo >b$i; done; mkdir a/zz; echo {} >a/zz/.mcp.json';
  const report = await t.act('run_command', { command: line });
  expect(report.outcome).toBe('held');
  const told = [...(report.effects?.changes ?? [])];
  expect(told).toHaveLength(100);
  expect(report.effects?.more).toBe(202);
  expect(told.map(({ path }) => path)).toContain(join(t.root, 'a/zz/.mcp.json'));
  expect(report.risk?.effects.length).toBeLessThanOrEqual(100);
  expect(JSON.stringify(report).length).toBeLessThan(100_000);
  // A person is shown all of it.
  const { text } = (await t.app.operator()).show(report.action_id ?? '');
  expect(text).toContain(join(t.root, 'b299'));
  await t.approve(report.action_id ?? '');
  const waited = await t.ask('wait_for_approval', { action_id: report.action_id, wait_seconds: 10 });
  expect(waited.result).toMatchObject({ report: { outcome: 'succeeded', effects: { more: 202 } } });
  expect(existsSync(join(t.root, 'b300'))).toBe(true);
  expect(existsSync(join(t.root, 'a/zz/.mcp.json'))).toBe(true);
  await t.close();
});

test('a program that runs with its owner’s rights is not made unasked, wherever it lies', async () => {
  const t = await testApp();
  for (const line of [
    'cp /bin/true su && chmod 6755 su',
    'mkdir -p bin/deep && cp /bin/true bin/deep/su && chmod u+s bin/deep/su',
    `mkdir many && for n in $(seq 400); do echo $n >many/$n; done; cp /bin/true many/su; chmod g+s many/su`,
  ]) {
    const report = await t.act('run_command', { command: line });
    expect([report.outcome, report.risk?.factors.map(({ rule }) => rule)], line).toEqual([
      'held',
      expect.arrayContaining(['set-id']),
    ]);
  }
  await t.close();
});
