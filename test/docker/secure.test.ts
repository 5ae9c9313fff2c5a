import { createHash } from 'node:crypto';
import { chmodSync, chownSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { wait } from '../contract/cases.ts';
import { engineForTests } from '../helpers/engine.ts';
import { scratch } from '../helpers/scratch.ts';
import { secureAddress } from '../helpers/secure-engine.ts';
import { act, appOn, clear } from './cases.ts';
import { fillVolume, folderOf } from './objects.ts';
import { manifestOf } from '../helpers/manifest.ts';
import { CONFIG, stackApp } from './stacks.ts';

const secure = await secureAddress();
const engine = engineForTests(async () => secure.args);
afterEach(async () => clear(await engine()));

interface Entry {
  readonly mtime_ns: string;
  readonly [more: string]: unknown;
}

/** What of it the engine packs: not the parts of seconds, not the holes, not the extended attributes. */
const packed = (folder: string): object =>
  Object.fromEntries(
    Object.entries(manifestOf(folder) as Record<string, Entry>).map(([path, { mtime_ns, ...entry }]) => [
      path,
      { ...entry, mtime: mtime_ns.slice(0, -9), data: null, xattrs: null },
    ]),
  );

test('over TCP with certificates of both sides all works; what a volume holds is kept by way of the engine', async () => {
  const on = await engine();
  const t = await appOn(secure, '', secure.env);
  const folder = await fillVolume(on, 'far');
  chownSync(folder, 999, 999);
  chmodSync(folder, 0o2750);
  const then = packed(folder);
  // Left by one that was killed: it is no use of the volume, and not in the way.
  const name = `homeostat-volume-${createHash('sha256').update('far').digest('hex').slice(0, 16)}`;
  const left = { Image: 'busy:1', Cmd: ['never'], Labels: { 'homeostat.volume': 'far' } };
  await on.docker.createContainer({ name, ...left, HostConfig: { Binds: ['far:/x'], NetworkMode: 'none' } });
  const held = await t.act('remove_volume', { volume: 'far' });
  expect(held).toMatchObject({
    outcome: 'held',
    risk: { level: 'DESTRUCTIVE', reversibility: 'compensable' },
  });
  expect(held.effects?.note).toContain('times to the second');
  await t.approve(held.action_id ?? '');
  const gone = await wait(t, held.action_id ?? '', 45);
  expect(gone, JSON.stringify(gone.error)).toMatchObject({ outcome: 'succeeded' });
  expect((await on.docker.listVolumes()).Volumes).toEqual([]);
  const undone = await act(t, 'rollback', { id: gone.snapshot_id });
  expect(undone, JSON.stringify(undone.error)).toMatchObject({ outcome: 'succeeded' });
  expect(packed(await folderOf(on, 'far'))).toEqual(then);
  expect(await on.docker.listContainers({ all: true })).toEqual([]);
  await t.close();
  const without = await appOn(secure);
  expect((await without.act('list_volumes')).error?.message).toContain('HTTP request to an HTTPS server');
  await without.close();
});

test('a folder that only the engine’s own machine has is no reason to refuse a deploy there', async () => {
  const place = scratch(CONFIG);
  Object.assign(place.env, secure.env);
  const t = await stackApp({ ...(await engine()), host: secure.host }, 'shop', place);
  t.write({ web: { volumes: ['/srv/only-over-there:/data'] } });
  const { result } = await t.ask('validate_compose', { paths: ['shop/compose.yml'] });
  expect(JSON.stringify(result)).not.toContain('bind_missing');
  expect(result).toMatchObject({
    not_checked: expect.arrayContaining([expect.stringContaining('mounted folders')]),
  });
  const tried = await t.deploy({ dry_run: true });
  expect(tried, JSON.stringify(tried.error)).toMatchObject({ outcome: 'succeeded' });
  expect(tried.effects?.diff).toContain('+ create web');
  await t.close();
});
