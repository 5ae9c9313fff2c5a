import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect } from '../helpers/client.ts';
import { scratch } from '../helpers/scratch.ts';

test('started in /, the server answers, and every tool says what to write', async () => {
  const place = scratch();
  const server = await connect(place, [], { cwd: '/' });
  const { tools } = await server.client.listTools();
  for (const { name } of tools.filter((t) => t.name !== 'emergency_stop')) {
    const answer = await server.call(name, {});
    expect([name, answer.error?.code]).toEqual([name, 'no_root']);
    expect(answer.error?.next).toContain(place.configFile);
    expect(answer.error?.next).toContain('roots:');
  }
  await server.close();
});

test('--root adds a root where the folder itself would be refused', async () => {
  const place = scratch();
  const server = await connect(place, ['--root', place.root], { cwd: '/' });
  expect((await server.call('get_status')).result).toMatchObject({ roots: [place.root], cwd: place.root });
  await server.close();
});

test('folders that the client announces narrow, and never widen', async () => {
  const place = scratch();
  mkdirSync(join(place.root, 'inner'));
  writeFileSync(join(place.root, 'outer.txt'), 'x');
  const narrowed = await connect(place, [], { announced: [join(place.root, 'inner')] });
  expect((await narrowed.call('get_status')).result).toMatchObject({ roots: [join(place.root, 'inner')] });
  expect((await narrowed.call('read_file', { path: join(place.root, 'outer.txt') })).error?.code).toBe(
    'outside_roots',
  );
  await narrowed.close();

  const wider = await connect(place, [], { announced: [place.base] });
  expect((await wider.call('get_status')).result).toMatchObject({ roots: [place.root] });
  await wider.close();

  const elsewhere = await connect(place, [], { announced: ['/etc'] });
  expect((await elsewhere.call('read_file', { path: '/etc/passwd' })).error?.code).toBe('no_root');
  await elsewhere.close();
});

test('what is protected by its path in a root stays so where the client announces a folder in it', async () => {
  const place = scratch('autonomy: full\nprotected:\n  paths: [inner/kept]\n');
  mkdirSync(join(place.root, 'inner', 'kept'), { recursive: true });
  writeFileSync(join(place.root, 'inner', 'kept', 'a.txt'), 'x');
  const server = await connect(place, [], { announced: [join(place.root, 'inner')] });
  const held = await server.call('write_file', { path: 'kept/a.txt', content: 'y', reason: 'try' });
  expect(held.outcome).toBe('held');
  const line = await server.call('run_command', { command: 'rm kept/a.txt' });
  expect(line.outcome).toBe('held');
  const beside = await server.call('write_file', { path: 'a.txt', content: 'y', reason: 'free' });
  expect(beside.outcome).toBe('succeeded');
  await server.close();
});

test('a link in a root leads nowhere outside it', async () => {
  const place = scratch();
  symlinkSync('/etc', join(place.root, 'etc'));
  symlinkSync(place.home, join(place.root, 'state'));
  const server = await connect(place);
  for (const [tool, input] of [
    ['read_file', { path: 'etc/passwd' }],
    ['list_files', { path: 'state' }],
    ['write_file', { path: 'state/stop', content: '' }],
    ['delete_file', { path: 'state/state.db' }],
  ] as const) {
    expect([tool, (await server.call(tool, input)).error?.code]).toEqual([tool, 'outside_roots']);
  }
  await server.close();
});

test('a state folder inside the root is refused', async () => {
  const place = scratch();
  const env = { ...place.env, HOMEOSTAT_HOME: join(place.root, 'state') };
  const server = await connect({ ...place, env });
  expect((await server.call('run_command', { command: 'true' })).error?.code).toBe('unsafe_root');
  await server.close();
});
