import { afterEach, expect, test } from 'vitest';
import { engineForTests } from '../helpers/engine.ts';
import { secureAddress } from '../helpers/secure-engine.ts';
import { act, appOn, clear } from './cases.ts';
import { fillVolume } from './objects.ts';

const secure = await secureAddress();
const engine = engineForTests(async () => secure.args);
afterEach(async () => clear(await engine()));

test('over TCP with certificates of both sides all works but keeping what a volume holds, which is said before', async () => {
  const on = await engine();
  const t = await appOn(secure, '', secure.env);
  await fillVolume(on, 'far');
  await on.docker.createVolume({ Name: 'empty' });
  const held = await t.act('remove_volume', { volume: 'far' });
  expect(held).toMatchObject({
    outcome: 'held',
    risk: { level: 'DESTRUCTIVE', reversibility: 'irreversible' },
  });
  expect(held.effects?.note).toContain('lost for good');
  const removed = await act(t, 'remove_volume', { volume: 'empty' });
  expect(removed, JSON.stringify(removed.error)).toMatchObject({ outcome: 'succeeded' });
  expect(await act(t, 'rollback', { id: removed.snapshot_id })).toMatchObject({ outcome: 'succeeded' });
  const { Volumes } = await on.docker.listVolumes();
  expect(Volumes.map(({ Name }) => Name).toSorted()).toEqual(['empty', 'far']);
  await t.close();
  const without = await appOn(secure);
  expect((await without.act('list_volumes')).error?.message).toContain('HTTP request to an HTTPS server');
  await without.close();
});
