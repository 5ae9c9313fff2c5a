import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/app.ts';
import type { Sandbox, SandboxRequest, SandboxResult } from '../../src/core/sandbox.ts';
import { openSandbox } from '../../src/host/sandbox/open-sandbox.ts';
import { cleanUpAfter } from './clean-up.ts';
import { isRoot, mustHave, noSandbox } from './needs.ts';
import { readSandbox } from '../../src/registry/sandbox.ts';

const NOBODY = 65_534;

const WAYS = {
  here: (name: string, _file: string, tests: () => void) => {
    describe(`${name}, as ${isRoot ? 'root' : 'an ordinary user'}`, () => {
      tests();
    });
  },
  twice: (name: string, file: string, tests: () => void) => {
    WAYS.here(name, file, tests);
    test(`${name}, as an ordinary user`, { timeout: 600_000 }, () => asOrdinaryUser(file));
  },
  none: (name: string) => {
    test.skipIf(!mustHave)(`${name}: ${noSandbox}`, () => {
      expect.fail(noSandbox ?? '');
    });
  },
};

/**
 * Tests of the real sandbox, as whoever runs them; where that is root, all of them a second time as an ordinary user.
 * Where there is no sandbox they are skipped by name, except in CI, where they fail.
 */
export function describeSandbox(name: string, file: string, tests: () => void): void {
  WAYS[noSandbox === null ? (isRoot ? 'twice' : 'here') : 'none'](name, file, tests);
}

function asOrdinaryUser(file: string): void {
  const base = makeBase();
  chownSync(base, NOBODY, NOBODY);
  const vitest = join(PACKAGE_ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const ids = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  const args = [...ids, process.execPath, vitest, 'run', '--reporter=default', '--configLoader=runner', file];
  const env = { ...process.env, HOME: base, TMPDIR: base, HOMEOSTAT_TEST_BASE: base };
  const { status, stdout, stderr } = spawnSync('setpriv', args, { cwd: PACKAGE_ROOT, encoding: 'utf8', env });
  expect(status, stdout + stderr).toBe(0);
}

const made: string[] = [];
let runs = 0;

cleanUpAfter('test', () => {
  for (const folder of made.splice(0)) {
    // A server that was killed leaves the kernel's own folders as an ordinary user may not even open them.
    spawnSync('chmod', ['-R', 'u+rwX', folder]);
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Outside /tmp, of which a box sees nothing anyhow. */
function makeBase(): string {
  const base = mkdtempSync(
    join(process.env['HOMEOSTAT_TEST_BASE'] ?? (isRoot ? '/var/lib' : homedir()), 'homeostat-box-'),
  );
  made.push(base);
  return base;
}

/** A sandbox with one root and a person's home, and what is to be seen of it from outside. */
export interface TestBox {
  readonly base: string;
  readonly root: string;
  readonly state: string;
  readonly home: string;
  readonly sandbox: Sandbox;
  /** Where what the last command wrote to the root lies. */
  upper(path?: string): string;
  run(line: string, more?: Partial<SandboxRequest>): Promise<SandboxResult>;
}

export function testBox({
  in: base = makeBase(),
  env = {},
}: { in?: string; env?: NodeJS.ProcessEnv } = {}): TestBox {
  made.push(base);
  const [root, state, home, store, session] = ['root', 'state', 'home', 'store', 'session'].map((name) =>
    join(base, name),
  ) as [string, string, string, string, string];
  for (const folder of [root, state, home, store, session]) mkdirSync(folder, { recursive: true });
  const data = readSandbox(join(PACKAGE_ROOT, 'registry'));
  const own = { PATH: process.env['PATH'], LANG: 'C', HOME: home, ...env };
  const sandbox = openSandbox({ stateFolder: state, ownFolders: [], data, env: own, home });
  let id = '';
  return {
    base,
    root,
    state,
    home,
    sandbox,
    upper: (path = '') => join(store, id, 'upper', path),
    run: async (line, more = {}) => {
      id = `a${++runs}`;
      const result = await sandbox.run({
        line,
        cwd: root,
        env: {},
        timeoutMs: 30_000,
        outputBytes: 100_000,
        actionId: id,
        signal: new AbortController().signal,
        layers: [{ root, folder: join(store, id) }],
        network: false,
        session,
        limits: { processes: 400, memoryBytes: 2e9, cpuSeconds: 60, writtenBytes: 1e9 },
        ...more,
      });
      sandbox.ahead();
      return result;
    },
  };
}

export const git = (cwd: string, ...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd, encoding: 'utf8' });
