import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { connect } from './helpers/client.ts';
import { type Scratch, scratch } from './helpers/scratch.ts';

/** The packages that a server has loaded by the time it ends; Node itself tells, as coverage does. */
async function packagesLoaded(place: Scratch, work: 'handshake' | 'call'): Promise<Set<string>> {
  const folder = join(place.base, `loaded-${work}`);
  mkdirSync(folder);
  const server = await connect({ ...place, env: { ...place.env, NODE_V8_COVERAGE: folder } });
  if (work === 'call') await server.call('get_status');
  await server.close();
  const scripts = readdirSync(folder).flatMap((name) => {
    const { result } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { result: { url: string }[] };
    return result.map(({ url }) => url);
  });
  expect(scripts.some((url) => url.endsWith('/dist/main.js'))).toBe(true);
  return new Set(scripts.flatMap((url) => [...packagesIn(url), ...bundledIn(url)]));
}

const PACKAGE = /^.*\bnode_modules\/((?:@[^/]+\/)?[^/]+)\//gm;
const packagesIn = (text: string): string[] => [...text.matchAll(PACKAGE)].map(([, name]) => name ?? '');

/** What the build has put into a file, which says so above each part. */
const bundledIn = (url: string): string[] =>
  /^file:.*\/dist\/.*\.c?js$/.test(url) && !url.includes('/node_modules/')
    ? readFileSync(fileURLToPath(url), 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('// '))
        .flatMap(packagesIn)
    : [];

/** What the product depends on and a handshake does not need. */
const LATER = ['better-sqlite3', 'canonicalize', 'commander', 'diff', 'execa', 'picomatch', 'unbash', 'yaml'];

test('a handshake waits for no package but the protocol’s own', async () => {
  const place = scratch();
  const before = await packagesLoaded(place, 'handshake');
  expect(LATER.filter((name) => before.has(name))).toEqual([]);
  expect(before).toContain('@modelcontextprotocol/sdk');
  const after = await packagesLoaded(place, 'call');
  expect(LATER.filter((name) => after.has(name))).toContain('better-sqlite3');
});
