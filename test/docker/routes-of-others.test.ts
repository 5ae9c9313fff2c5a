// Routers that containers of other projects have, against those that a file gives.
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { engineForTests } from '../helpers/engine.ts';
import { folders } from '../helpers/scratch.ts';
import { clear } from './cases.ts';
import { CONFIG, type StackApp, stackApp } from './stacks.ts';

const engine = engineForTests();
const place = folders(CONFIG);
let t: StackApp;

beforeAll(async () => {
  t = await stackApp(await engine(), 'shop', place);
});
afterAll(async () => {
  await t.close();
  await clear(await engine());
  rmSync(place.base, { recursive: true, force: true });
});

const route = (rule: string, more: Record<string, string> = {}): Record<string, string> => ({
  'traefik.http.routers.web.rule': rule,
  ...Object.fromEntries(
    Object.entries(more).map(([key, value]) => [`traefik.http.routers.web.${key}`, value]),
  ),
});

/** A container of another project that runs, what it says to Traefik, and what a file says. */
test.each([
  ['the same router with another rule', route('Host(`b`)'), route('Host(`a`)'), 'router_taken'],
  ['the same router, led elsewhere', route('Host(`a`)'), route('Host(`a`)'), 'router_taken'],
  [
    'the same router and service',
    route('Host(`a`)', { service: 's' }),
    route('Host(`a`)', { service: 's' }),
    null,
  ],
  [
    'the same rule of another router',
    { 'traefik.http.routers.o.rule': 'Host("A")' },
    route('Host(`a`)'),
    'router_clash',
  ],
  [
    'one that comes first',
    { 'traefik.http.routers.o.rule': 'Host(`a`)', 'traefik.http.routers.o.priority': '9' },
    route('Host(`a`)'),
    null,
  ],
  [
    'other entrypoints',
    { 'traefik.http.routers.o.rule': 'Host(`a`)', 'traefik.http.routers.o.entrypoints': 'x' },
    route('Host(`a`)', { entrypoints: 'y' }),
    null,
  ],
  [
    'one that Traefik leaves alone',
    { ...route('Host(`b`)'), 'traefik.enable': 'false' },
    route('Host(`a`)'),
    null,
  ],
] as const)('routes of other projects: %s', async (_, theirs, mine, code) => {
  const { docker } = await engine();
  const labels = { 'com.docker.compose.project': 'other', 'com.docker.compose.service': 'web', ...theirs };
  const other = await docker.createContainer({
    name: 'other_web_1',
    Image: 'busy:1',
    Cmd: ['sleep', '100'],
    Labels: labels,
    HostConfig: { NetworkMode: 'none' },
  });
  t.write({ web: { labels: mine } });
  const asked = async (): Promise<string[]> => {
    const { result } = await t.ask('validate_compose', { paths: ['shop/compose.yml'] });
    return (result as { findings: { code: string; message: string }[] }).findings.flatMap((one) =>
      /^router_(taken|clash)$/.test(one.code) ? [`${one.code}: ${one.message}`] : [],
    );
  };
  try {
    expect(await asked()).toEqual([]);
    await other.start();
    const wanted =
      code === null ? [] : [expect.stringMatching(`${code}: .*container other_web_1 of project other`)];
    expect(await asked()).toEqual(wanted);
    const deploy = await t.act('deploy_stack', { paths: ['shop/compose.yml'], dry_run: true });
    expect(deploy.error?.message ?? '').toMatch(code ?? /^$/);
  } finally {
    await other.remove({ force: true });
  }
});
