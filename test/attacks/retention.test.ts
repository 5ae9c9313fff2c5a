import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { collectObjects } from '../../src/store/collect.ts';
import { openObjects } from '../../src/store/objects.ts';
import { testApp } from '../helpers/app.ts';
import { scratch } from '../helpers/scratch.ts';
import { query } from '../helpers/state.ts';

test('what a manifest names is kept, also where a file like the manifest is named first', async () => {
  const { base } = scratch();
  const folder = join(base, 'objects');
  mkdirSync(folder);
  const objects = openObjects(folder);
  const kept = await objects.put(Buffer.from('kept'));
  const manifest = await objects.put(Buffer.from(JSON.stringify({ digest: kept })));
  collectObjects(folder, join(base, 'scans'), [manifest, `manifest:${manifest}`], Date.now() + 60_000);
  expect(await objects.has(kept)).toBe(true);
});

test('the snapshot of a running command is not crowded out by newer ones', async () => {
  const t = await testApp({ config: 'retention:\n  snapshots: 1\n', rung: 'snapshot' });
  // A command holds its root, so the crowd works in another one.
  const crowd = await testApp({ on: { ...t, root: `${t.base}/crowd` } });
  mkdirSync(`${t.base}/crowd`);
  const running = t.act('run_command', { command: 'touch made; sleep 2; false' });
  await sleep(700);
  for (const path of ['a', 'b', 'c'])
    expect((await crowd.act('write_file', { path, content: path })).outcome).toBe('succeeded');
  const kept = query(
    t,
    "SELECT action_id FROM snapshots JOIN actions ON id = action_id WHERE phase = 'committing'",
  );
  expect(kept).toHaveLength(1);
  expect(await running).toMatchObject({ outcome: 'rolled_back' });
  await crowd.close();
  await t.close();
});

test('a file that claims more bytes than any snapshot may have is refused, not copied', async () => {
  const t = await testApp();
  writeFileSync(join(t.root, 'vast'), '');
  truncateSync(join(t.root, 'vast'), 2 ** 41);
  for (const [tool, input] of [
    ['delete_file', {}],
    ['write_file', { content: 'x' }],
  ] as const) {
    const report = await t.act(tool, { path: 'vast', ...input });
    expect(report.error?.code).toBe('too_large');
  }
  await t.close();
});
