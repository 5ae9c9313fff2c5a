import { describe, expect, test } from 'vitest';
import { ENABLE } from '../../helpers/small-disk.ts';
import { missing } from './index.ts';

const WAYS = {
  here: (name: string, tests: () => void) => {
    describe(`${name}, in namespaces`, () => {
      tests();
    });
  },
  none: (name: string) => {
    test.skipIf(process.env['CI'] !== 'true')(
      `${name}: needs user namespaces; enable them with: ${ENABLE}`,
      () => {
        expect.fail(`no sandbox here (${missing()}); enable it with: ${ENABLE}`);
      },
    );
  },
};

/** Tests that run dangerous lines: where no sandbox is to be had they are skipped by name, but fail in CI. */
export const describeInSandbox = (name: string, tests: () => void): void =>
  WAYS[missing() === null ? 'here' : 'none'](name, tests);
