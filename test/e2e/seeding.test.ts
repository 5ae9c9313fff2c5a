import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { connect } from '../helpers/client.ts';
import { eventually } from '../helpers/processes.ts';
import { directly, type Scratch, scratch } from '../helpers/scratch.ts';
import { expectSettled, query } from '../helpers/state.ts';

/** A root that takes a while to scan, and a state that was used before. */
async function used(files = 600): Promise<Scratch> {
  const place = directly(scratch());
  mkdirSync(join(place.root, 'many'));
  for (let i = 0; i < files; i++) writeFileSync(join(place.root, 'many', String(i)), `content ${i}`);
  const server = await connect(place);
  await server.call('get_status');
  await server.close();
  return place;
}

const scans = (place: Scratch): string[] =>
  existsSync(join(place.home, 'scans')) ? readdirSync(join(place.home, 'scans')) : [];
const objects = (place: Scratch): number =>
  readdirSync(join(place.home, 'objects'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.includes('/'),
  ).length;

test('a client that stays has its roots snapshotted before it calls anything', async () => {
  const place = await used();
  const server = await connect(place);
  await eventually(() => scans(place).length === 1, 'the root is seeded');
  // The contents, and a listing of each of the two folders.
  expect(objects(place)).toBe(602);
  const done = await server.call('run_command', { command: 'touch many/new' });
  expect(done.error?.code ?? null).toBeNull();
  await server.close();
  expectSettled(place);
});

test('a state that nobody has used is not made for it', async () => {
  const place = directly(scratch());
  const server = await connect(place);
  await sleep(1600);
  expect(existsSync(place.home)).toBe(false);
  await server.close();
});

test('servers side by side seed one root once, and a killed one leaves it to the next', async () => {
  const place = await used(3000);
  const servers = await Promise.all([1, 2, 3].map(async () => connect(place)));
  await eventually(
    () => query(place, "SELECT * FROM leases WHERE resource LIKE 'seed:%'").length > 0,
    'one of them seeds',
  );
  expect(query(place, "SELECT * FROM leases WHERE resource LIKE 'seed:%'")).toHaveLength(1);
  for (const server of servers) process.kill(server.pid, 'SIGKILL');
  await Promise.all(servers.map(async (server) => server.close()));
  expect(scans(place)).toEqual([]);

  const next = await connect(place);
  await eventually(() => scans(place).length === 1, 'the next one seeds');
  expect((await next.call('write_file', { path: 'a', content: 'a' })).outcome).toBe('succeeded');
  await next.close();
  expectSettled(place);
});

test('an action ends the seeding and does not wait for it; so does closing', async () => {
  const place = await used(3000);
  const begun = async () => {
    const server = await connect(place);
    await eventually(
      () => query(place, "SELECT * FROM leases WHERE resource LIKE 'seed:%'").length > 0,
      'it has begun',
    );
    return server;
  };
  const acting = await begun();
  expect((await acting.call('write_file', { path: 'a', content: 'a' })).outcome).toBe('succeeded');
  expect(query(place, 'SELECT * FROM leases')).toEqual([]);
  await acting.close();
  expect(scans(place)).toEqual([]);
  const closing = await begun();
  await closing.close();
  expect(query(place, 'SELECT * FROM leases')).toEqual([]);
  expect(scans(place)).toEqual([]);
});

test('the emergency stop ends it, and while it is pulled none begins', async () => {
  const place = await used(3000);
  const server = await connect(place);
  await eventually(
    () => query(place, "SELECT * FROM leases WHERE resource LIKE 'seed:%'").length > 0,
    'it has begun',
  );
  writeFileSync(join(place.home, 'stop'), 'by hand');
  await eventually(() => query(place, 'SELECT * FROM leases').length === 0, 'it has ended');
  expect(scans(place)).toEqual([]);
  await server.close();
  const next = await connect(place);
  await sleep(1600);
  expect(query(place, 'SELECT * FROM leases')).toEqual([]);
  expect(scans(place)).toEqual([]);
  await next.close();
  expect(readFileSync(join(place.home, 'stop'), 'utf8')).toBe('by hand');
});
