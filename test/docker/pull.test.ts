import { afterEach, expect, test } from 'vitest';
import { engineForTests } from '../helpers/engine.ts';
import { startRegistry } from '../helpers/registry.ts';
import { act, appOn, clear } from './cases.ts';
import { nameless, objectsOf } from './objects.ts';

const engine = engineForTests();
afterEach(async () => clear(await engine()));

type On = Awaited<ReturnType<typeof engine>>;

async function push({ docker }: On, image: string, name: string): Promise<void> {
  await docker.getImage(image).tag({ repo: name, tag: '1' });
  const stream = await docker.getImage(`${name}:1`).push({ authconfig: {} });
  await new Promise((resolve, reject) =>
    docker.modem.followProgress(stream, (error: Error | null) =>
      error === null ? resolve(null) : reject(error),
    ),
  );
}

test('a pull says which digest it got; undo gives the name back to what had it, and its undo the new one', async () => {
  const on = await engine();
  const name = `${await startRegistry()}/shop/web`;
  const other = await nameless(on, 'old');
  await push(on, 'busy:1', name);
  await on.docker.getImage(other).tag({ repo: name, tag: '1' });
  await on.docker.getImage(other).tag({ repo: 'spare', tag: '1' });
  const t = await appOn(on);
  const then = await objectsOf(on);
  const pulled = await act(t, 'pull_image', { image: `${name}:1` });
  expect(pulled, JSON.stringify(pulled.error)).toMatchObject({ outcome: 'succeeded' });
  const { Id } = await on.docker.getImage('busy:1').inspect();
  const { image } = pulled.result as { image: { id: string; digests: string[] } };
  expect(image.id).toBe(Id);
  const digest = image.digests.find((one) => one.startsWith(`${name}@sha256:`)) ?? '';
  const now = await objectsOf(on);
  let last = pulled;
  for (const expected of [then, now, then]) {
    last = await act(t, 'rollback', { id: last.snapshot_id });
    expect(last, JSON.stringify(last.error)).toMatchObject({ outcome: 'succeeded', error: null });
    expect(await objectsOf(on)).toEqual(expected);
  }
  expect(await act(t, 'pull_image', { image: digest })).toMatchObject({
    outcome: 'succeeded',
    result: { image: { id: Id } },
  });
  for (const wrong of [`${name}:none`, digest.replace(/.{4}$/, '0000')]) {
    const failed = await act(t, 'pull_image', { image: wrong });
    expect(failed.outcome, wrong).toMatch(/^(failed|rolled_back|denied)$/);
    expect(failed.error?.message).toMatch(/not found|unknown/);
  }
  for (const kept of ['homeostat/image:abc', 'docker.io/homeostat/image:abc'])
    for (const [tool, input] of [
      ['pull_image', { image: kept }],
      ['tag_image', { image: 'busy:1', name: kept }],
      ['remove_image', { image: kept }],
    ] as const)
      expect((await t.act(tool, input)).error?.code, `${tool} ${kept}`).toBe('invalid_input');
  await t.close();
});
