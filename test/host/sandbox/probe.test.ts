import { chmodSync, existsSync, mkdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { probe } from '../../../src/host/sandbox/probe.ts';
import { SYSTEM_PATH } from '../../../src/host/sandbox/starter.ts';
import { scratch } from '../../helpers/scratch.ts';

test('what a server left that was killed while it tried is removed; what another is trying with is not', async () => {
  const { home } = scratch();
  const inner = (name: string): string => join(home, name, 'layer', 'work', 'work');
  for (const name of ['probe-old', 'probe-now']) {
    mkdirSync(inner(name), { recursive: true });
    // As an overlay leaves it to an ordinary user.
    chmodSync(inner(name), 0);
  }
  const then = new Date(Date.now() - 3_600_000);
  utimesSync(join(home, 'probe-old'), then, then);
  await probe(home, { PATH: SYSTEM_PATH });
  expect(existsSync(join(home, 'probe-old'))).toBe(false);
  expect(existsSync(inner('probe-now'))).toBe(true);
});
