// What ordinary files and containers have, and what is easily taken for something else.
import { afterEach, expect, test } from 'vitest';
import { portFields } from '../../src/tools/compose/deploy/notation.ts';
import { engineForTests } from '../helpers/engine.ts';
import { act, appOn, clear } from './cases.ts';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ActionReport } from '../../src/core/outcome.ts';
import { type StackApp, stackApp } from './stacks.ts';

const engine = engineForTests();
const QUICK = { stable_seconds: 0.2 };
const rulesOf = (report: ActionReport): string[] => (report.risk?.factors ?? []).map(({ rule }) => rule);
let t: StackApp | undefined;
afterEach(async () => {
  await t?.close();
  t = undefined;
  await clear(await engine());
});

test.each([
  ['8080:80', ':8080->80/tcp'],
  ['80', ':->80/tcp'],
  ['127.0.0.1:8080:80', '127.0.0.1:8080->80/tcp'],
  ['127.0.0.1::80/udp', '127.0.0.1:->80/udp'],
  ['0.0.0.0:1:2', ':1->2/tcp'],
  ['[::1]:1:2', '::1:1->2/tcp'],
  ['8000-8009:80', ':8000-8009->80/tcp'],
])('%s is the port %s', (port, found) => {
  expect(portFields([port])).toEqual([found]);
});

test('numbers are what Compose takes them for, and what was deployed is not made anew', async () => {
  const on = await engine();
  t = await stackApp(on, 'shop');
  const { folder } = t;
  const put = (labels: string): void =>
    writeFileSync(
      join(folder, 'compose.yml'),
      `services:
  web:
    image: busy:1
    command: [sleep, "1000"]
    stop_grace_period: 0s
    ports: ["38415:80"]
    environment: {OWNER_ID: 123456789012345678, UMASK: 022, RATIO: 1.50, MINUS: -012, TEXT: "022"}
    labels: {${labels}owner: 9007199254740993}
`,
    );
  put('homeostat.protected: "true", ');
  expect(await t.deploy(QUICK)).toMatchObject({ outcome: 'succeeded' });
  const { Config } = await on.docker.getContainer('shop_web_1').inspect();
  expect(Config.Env).toEqual(
    expect.arrayContaining(['OWNER_ID=123456789012345678', 'UMASK=18', 'RATIO=1.5', 'MINUS=-10', 'TEXT=022']),
  );
  expect(Config.Labels['owner']).toBe('9007199254740993');
  const again = await t.deploy({ ...QUICK, dry_run: true });
  expect(JSON.stringify(again.effects), JSON.stringify(again.error)).not.toContain('recreate');
  // What protects it does not go unasked.
  put('');
  const unprotected = await t.deploy({ ...QUICK, dry_run: true });
  expect(JSON.stringify(unprotected.effects)).toContain('recreate');
  expect(rulesOf(unprotected)).toContain('protected-container');
});

test('a restart policy that nobody had set is brought back by an undo', async () => {
  const on = await engine();
  const u = await appOn(on);
  await on.docker.createContainer({ name: 'plain', Image: 'busy:1', Cmd: ['sleep', '1000'] });
  const done = await act(u, 'update_container', { container: 'plain', restart: 'always' });
  expect(done).toMatchObject({ outcome: 'succeeded' });
  expect(await act(u, 'rollback', { id: done.action_id })).toMatchObject({ outcome: 'succeeded' });
  const { HostConfig } = await on.docker.getContainer('plain').inspect();
  expect(HostConfig.RestartPolicy?.Name || 'no').toBe('no');
  await u.close();
});
