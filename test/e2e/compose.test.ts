import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect } from '../helpers/client.ts';
import { scratch } from '../helpers/scratch.ts';

const BEFORE = '\uFEFF# mine\r\nservices:\r\n  web: {image: "nginx:1"} # page\r\n';

test('an MCP client reads, validates and edits a Compose file, and takes the edit back', async () => {
  const place = scratch();
  const path = join(place.root, 'compose.yml');
  writeFileSync(path, BEFORE);
  const server = await connect(place, ['--toolsets', 'core,compose']);
  const read = await server.call('read_compose', { paths: ['compose.yml'] });
  expect(read.result?.['values']).toEqual([
    { key: 'services.web.image', value: 'nginx:1', file: 'compose.yml', line: 3 },
  ]);
  const checked = await server.call('validate_compose', { paths: ['compose.yml'] });
  expect(checked.result).toMatchObject({ valid: true });

  const operations = [{ op: 'set_image', service: 'web', image: 'nginx:2' }];
  const done = await server.call('edit_compose', { path: 'compose.yml', operations });
  expect(done).toMatchObject({ outcome: 'succeeded', error: null });
  expect(readFileSync(path, 'utf8')).toBe(BEFORE.replace('nginx:1', 'nginx:2'));
  expect(await server.call('rollback', { id: done.snapshot_id })).toMatchObject({ outcome: 'succeeded' });
  expect(readFileSync(path, 'utf8')).toBe(BEFORE);
  await server.close();
});
