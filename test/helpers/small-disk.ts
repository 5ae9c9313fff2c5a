import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  rmdirSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/app.ts';
import { cleanUpAfter } from './clean-up.ts';
// Imported for its order too: what is mounted is unmounted before its folders are removed.
import type { Scratch } from './scratch.ts';
import './scratch.ts';

const mounted: string[] = [];

cleanUpAfter('test', () => {
  for (const folder of mounted.splice(0)) spawnSync('umount', ['-l', folder]);
});

const mountTmpfs = (folder: string, size: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'homeostat-test', folder]).status === 0;

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-mount-'));
  const mounts = mountTmpfs(folder, '64k');
  if (mounts) execFileSync('umount', [folder]);
  rmdirSync(folder);
  return mounts;
}

const NAMESPACE = ['unshare', '--map-root-user', '--mount'] as const;
export const ENABLE =
  'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 user.max_user_namespaces=10000';

const canUnshare = (): boolean => spawnSync(NAMESPACE[0], [...NAMESPACE.slice(1), 'true']).status === 0;

function inNamespace(file: string): void {
  const vitest = join(PACKAGE_ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const [unshare, ...flags] = NAMESPACE;
  const args = [...flags, process.execPath, vitest, 'run', '--reporter=default', file];
  const { status, stdout } = spawnSync(unshare, args, { cwd: PACKAGE_ROOT, encoding: 'utf8' });
  expect(status, stdout).toBe(0);
}

const WAYS = {
  here: (name: string, _file: string, tests: () => void) => {
    describe(`${name}, mounted here`, () => {
      tests();
    });
  },
  namespace: (name: string, file: string) => {
    test(`${name}, in a user namespace`, { timeout: 600_000 }, () => inNamespace(file));
  },
  none: (name: string) => {
    test.skipIf(process.env['CI'] !== 'true')(`${name}: needs mounts; enable them with: ${ENABLE}`, () => {
      expect.fail(`neither mount nor unshare works here; enable them with: ${ENABLE}`);
    });
  },
};

/**
 * Tests that mount a file system: here where this process may, else all of them in a user namespace of their
 * own. Where neither is possible they are skipped by name, except in CI, where they fail.
 */
export function describeWithMounts(name: string, file: string, tests: () => void): void {
  WAYS[canMount() ? 'here' : canUnshare() ? 'namespace' : 'none'](name, file, tests);
}

export interface SmallDisk {
  /** Takes every byte that is free. */
  fill(): void;
  free(): void;
  /** Only while nobody has a file on it open for writing. */
  setReadOnly(readOnly: boolean): void;
}

/** Puts the state folder on a small disk of its own. */
export function smallDisk({ home }: Pick<Scratch, 'home'>, size = '6m'): SmallDisk {
  mkdirSync(home, { recursive: true });
  if (!mountTmpfs(home, size)) throw new Error(`cannot mount on ${home}`);
  return mountedOn(home);
}

/** Mounts an ext4 of 8 MB in a file, as only a real root may; false where that is not possible. */
export function smallExt4(folder: string): SmallDisk | null {
  const image = `${folder}.img`;
  writeFileSync(image, Buffer.alloc(8 * 1024 * 1024));
  mkdirSync(folder);
  spawnSync('sh', ['-c', 'mkfs.ext4 -q -m 0 "$1"', 'sh', image]);
  return spawnSync('mount', ['-o', 'loop', image, folder]).status === 0 ? mountedOn(folder) : null;
}

function mountedOn(home: string): SmallDisk {
  mounted.push(home);
  const ballast = join(home, 'ballast');
  return {
    fill() {
      const file = openSync(ballast, 'a');
      for (const size of [65_536, 4096, 1]) {
        try {
          for (;;) writeSync(file, Buffer.alloc(size, 1));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        }
      }
      closeSync(file);
    },
    free: () => rmSync(ballast, { force: true }),
    setReadOnly: (readOnly) =>
      void execFileSync('mount', ['-o', `remount,bind,${readOnly ? 'ro' : 'rw'}`, home]),
  };
}
