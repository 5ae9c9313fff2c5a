import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ActionReport } from '../../src/core/outcome.ts';
import { type TestApp, testApp } from '../helpers/app.ts';
import { describeSandbox } from '../helpers/box.ts';
import { missing } from '../helpers/install.ts';
import { lacking } from '../helpers/needs.ts';
import { PROGRAMS, type Program } from './programs.ts';
import { type Told, manifestOf } from '../helpers/manifest.ts';
import { throughPerson } from '../helpers/torture.ts';

/** The second time, as an ordinary user, a sample of them, unless all are asked for. */
const CHOSEN =
  process.env['HOMEOSTAT_TEST_BASE'] === undefined || process.env['TORTURE_RUNS'] !== undefined
    ? PROGRAMS
    : PROGRAMS.filter((_, number) => number % 4 === 1);

type Tree = Record<string, Told>;

/** What can be the same in two runs: times as far as they are from before, and not what tells of times itself. */
function comparable(folder: string, startedMs: number, varying: RegExp | undefined): Tree {
  const tree = manifestOf(folder);
  return Object.fromEntries(
    Object.entries(tree).map(([path, entry]) => {
      const isNew = BigInt(entry.mtime_ns) >= BigInt(startedMs) * 1_000_000n;
      const told = { ...entry, data: null, mtime_ns: isNew ? 'new' : entry.mtime_ns };
      return [path, varying?.test(path) === true ? { ...told, sha256: 'varies', size: 0 } : told];
    }),
  );
}

interface Ran {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly tree: Tree;
}

function directly(t: TestApp, { script, varying }: Program): Ran {
  const home = join(t.base, 'home');
  mkdirSync(home);
  const started = Date.now() - 20;
  const { status, stdout, stderr, signal } = spawnSync('bash', ['--noprofile', '--norc', '-c', script], {
    cwd: t.root,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: home, LANG: 'C', npm_config_cache: join(home, 'cache') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return {
    exit: signal === 'SIGKILL' ? 137 : status,
    stdout,
    stderr,
    tree: comparable(t.root, started, varying),
  };
}

async function asTransaction(
  t: TestApp,
  { script, varying }: Program,
): Promise<{ ran: Ran; report: ActionReport }> {
  const started = Date.now() - 20;
  const input = { command: script, on_failure: 'keep', env: { LANG: 'C' }, timeout_seconds: 120 };
  const report = await throughPerson(await t.act('run_command', input), t);
  expect(report).toMatchObject({ outcome: 'succeeded', error: null });
  const result = report.result as {
    exit_code: number | null;
    signal: string | null;
    stdout: string;
    stderr: string;
  };
  const exit = result.signal === 'SIGKILL' ? 137 : result.exit_code;
  return { ran: { ...result, exit, tree: comparable(t.root, started, varying) }, report };
}

describeSandbox('programs', import.meta.filename, () => {
  test.each(CHOSEN)(
    '$name: the same tree, exit code and output as when it is run directly, and undone',
    { timeout: 180_000 },
    async (program) => {
      const without = missing().filter((name) => program.script.includes(name));
      if (without.length > 0) lacking(`needs ${without.join(', ')}: sudo apt-get install rsync sqlite3`);
      const t = await testApp({ config: 'autonomy: full\n' });
      execFileSync('bash', ['-c', `umask 022; ${program.setup}\nsleep 0.05`], { cwd: t.root, stdio: 'pipe' });
      const aside = join(t.base, 'aside');
      execFileSync('cp', ['-aT', t.root, aside]);
      const direct = directly(t, program);
      expect({ exit: direct.exit, stderr: direct.exit === program.exit ? '' : direct.stderr }).toEqual({
        exit: program.exit,
        stderr: '',
      });
      // In the same place again, since a program may print where it is.
      renameSync(t.root, join(t.base, 'direct'));
      renameSync(aside, t.root);
      const before = manifestOf(t.root);
      const { ran, report } = await asTransaction(t, program);
      const { exit, stdout, stderr, tree } = ran;
      expect({ exit, stdout, stderr }).toEqual({
        exit: direct.exit,
        stdout: direct.stdout,
        stderr: direct.stderr,
      });
      expect(tree).toEqual(direct.tree);
      const undone = await throughPerson(await t.act('rollback', { id: report.snapshot_id }), t);
      expect(undone).toMatchObject({ outcome: 'succeeded', error: null });
      expect(manifestOf(t.root)).toEqual(before);
      await t.close();
    },
  );
});
