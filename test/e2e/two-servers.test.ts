import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { trustAll } from '../helpers/app.ts';
import { type Connected, connect } from '../helpers/client.ts';
import { asPerson, cli } from '../helpers/cli-process.ts';
import { scratch } from '../helpers/scratch.ts';

type Place = ReturnType<typeof scratch>;

async function whole(place: Place): Promise<void> {
  const { stdout } = await cli(place, ['audit', 'verify', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, problem: null });
}

test('servers started at the same moment on a fresh state all work', async () => {
  const place = scratch();
  const servers = await Promise.all([1, 2, 3].map(async () => connect(place)));
  const answers = await Promise.all(
    servers.map(async (s, i) => s.call('write_file', { path: `f${i}`, content: String(i) })),
  );
  expect(answers.map((a) => [a.outcome, a.error])).toEqual(servers.map(() => ['succeeded', null]));
  await Promise.all(servers.map(async (s) => s.close()));
  await whole(place);
});

test('actions of two servers interleave, the chain stays whole and no change is lost', async () => {
  const place = scratch();
  const [one, two] = [await connect(place), await connect(place)];
  writeFileSync(join(place.root, 'log'), '');
  const add = async (server: Connected, name: string): Promise<string> => {
    const { outcome } = await server.call('run_command', { command: `echo ${name} >> log` });
    return outcome;
  };
  const outcomes = await Promise.all(
    Array.from({ length: 5 }, (_, i) => [add(one, `one${i}`), add(two, `two${i}`)]).flat(),
  );
  const written = readFileSync(join(place.root, 'log'), 'utf8').split('\n').filter(Boolean);
  // Stages that changed the same file are in conflict: one is let in, the other fails; what succeeded is there, once.
  expect(written.length).toBe(outcomes.filter((o) => o === 'succeeded').length);
  expect(new Set(written).size).toBe(written.length);
  expect(outcomes.every((o) => ['succeeded', 'failed', 'denied'].includes(o))).toBe(true);
  expect(outcomes.filter((o) => o === 'succeeded').length).toBeGreaterThan(0);
  const apart = await Promise.all(
    [one, two, one, two].map(async (server, i) =>
      server.call('run_command', { command: `sleep 0.2; echo ${i} > own${i}` }),
    ),
  );
  expect(apart.map(({ outcome }) => outcome)).toEqual(Array(4).fill('succeeded'));
  expect([0, 1, 2, 3].map((i) => readFileSync(join(place.root, `own${i}`), 'utf8').trim())).toEqual([
    '0',
    '1',
    '2',
    '3',
  ]);
  await one.close();
  await two.close();
  await whole(place);
});

test('an approval that two servers wait for is used once', async () => {
  const place = scratch();
  await trustAll(place);
  const [one, two] = [await connect(place), await connect(place)];
  const { action_id: id } = await one.call('run_command', {
    command: 'echo once >> ran.txt; touch .mcp.json',
  });
  const waits = [one, two, one, two].map(async (s) =>
    s.call('wait_for_approval', { action_id: id, wait_seconds: 30 }),
  );
  expect((await asPerson(place, ['approve', String(id)])).code).toBe(0);
  for (const answer of await Promise.all(waits)) {
    expect(answer.result).toMatchObject({ report: { outcome: 'succeeded', action_id: id } });
  }
  expect(readFileSync(join(place.root, 'ran.txt'), 'utf8')).toBe('once\n');
  await one.close();
  await two.close();
  await whole(place);
});

test('a file that another server works on is waited for, and never written half', async () => {
  const place = scratch();
  const servers = [await connect(place), await connect(place)];
  const texts = servers.map((_, i) => `${i}\n`.repeat(50_000));
  const calls = Array.from({ length: 8 }, async (_, i) =>
    servers[i % 2]?.call('write_file', { path: 'big', content: texts[i % 2] ?? '' }),
  );
  for (const answer of await Promise.all(calls)) expect(['succeeded', 'denied']).toContain(answer?.outcome);
  expect(texts).toContain(readFileSync(join(place.root, 'big'), 'utf8'));
  expect(readdirSync(place.root)).toEqual(['big']);
  await Promise.all(servers.map(async (s) => s.close()));
  await whole(place);
});
