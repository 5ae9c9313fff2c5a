import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testApp } from './helpers/app.ts';
import { connect } from './helpers/client.ts';
import { scratch } from './helpers/scratch.ts';

test('a file is written, approved deletion commits what was shown, and undo restores it', async () => {
  const t = await testApp();
  const written = await t.act('write_file', { path: 'a.txt', content: 'one\n' });
  expect(written.outcome).toBe('succeeded');
  const held = await t.act('run_command', { command: 'touch .mcp.json', cwd: '.' });
  expect(held.outcome).toBe('held');
  const gone = await t.act('delete_file', { path: 'a.txt' });
  expect(gone.outcome).toBe('succeeded');
  expect((await t.act('rollback', { id: gone.snapshot_id ?? '' })).outcome).toBe('succeeded');
  expect(readFileSync(join(t.root, 'a.txt'), 'utf8')).toBe('one\n');
  await t.close();
});

test('the built server answers a real client', async () => {
  const place = scratch();
  const server = await connect(place);
  const { tools } = await server.client.listTools();
  expect(tools.length).toBeGreaterThan(10);
  expect((await server.call('get_status')).result?.['roots']).toEqual([place.root]);
  const ran = await server.call('run_command', { command: 'echo hi > x; cat x' });
  expect(ran.outcome).toBe('succeeded');
  expect(ran.result?.['stdout']).toBe('hi\n');
  await server.close();
});
