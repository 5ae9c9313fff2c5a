import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../src/app.ts';

test('what the build put into its files goes along with its licences', () => {
  const dist = join(PACKAGE_ROOT, 'dist');
  const told = readFileSync(join(dist, 'THIRD-PARTY.txt'), 'utf8');
  const chunks = readdirSync(join(dist, 'chunks')).map((name) =>
    readFileSync(join(dist, 'chunks', name), 'utf8'),
  );
  const named = new Set(
    chunks.flatMap((text) =>
      [...text.matchAll(/^\/\/ .*\bnode_modules\/((?:@[^/\n]+\/)?[^/\n]+)\//gm)].map(
        ([, name]) => name ?? '',
      ),
    ),
  );
  expect(named).toContain('@modelcontextprotocol/sdk');
  expect(named).toContain('zod');
  const listed = told.split(/^-{80}$/m).map((one) => one.trim());
  for (const name of named) {
    const entry = listed.find((one) => one.startsWith(`${name} `));
    expect(entry, name).toMatch(/\((MIT|ISC|BSD|Apache|0BSD|BlueOak)/);
    expect(entry, name).toMatch(/copyright|permission/i);
  }
});
