import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { cutEngine } from '../helpers/cut-engine.ts';
import { engineForTests } from '../helpers/engine.ts';
import { appOn, clear } from './cases.ts';

const engine = engineForTests();

afterEach(async () => clear(await engine()));

test('a log that is followed shows what is there and all that comes, until the time is over or the engine is gone', async () => {
  const on = await engine();
  const way = await cutEngine(on.host);
  const t = await appOn(way);
  const counts = 'i=0; while true; do i=$((i+1)); echo said $i; sleep 0.1; done';
  const made = { name: 'talks', Image: 'busy:1', Cmd: ['sh', '-c', counts], StopSignal: 'SIGKILL' };
  const container = await on.docker.createContainer(made);
  await container.start();
  const read = async (more: object) => t.ask('container_logs', { container: 'talks', ...more });
  const lines = async (more: object): Promise<number[]> =>
    ((await read(more)).result as { lines: string[] }).lines.map((line) => Number(line.split(' ')[1]));
  while ((await lines({})).length < 5) await sleep(50);
  expect(await lines({ tail: 0 })).toEqual([]);
  expect(await lines({ tail: 2 })).toHaveLength(2);
  const [before, followed] = [await lines({ tail: 1 }), await lines({ tail: 2, follow_seconds: 2 })];
  const [first = 0] = followed;
  expect(first).toBeGreaterThanOrEqual((before[0] ?? 0) - 1);
  expect(followed.length).toBeGreaterThan(4);
  expect(followed).toEqual(followed.map((_, at) => first + at));
  const found = await lines({ tail: 0, follow_seconds: 3, grep: 'SAID' });
  expect(found.length).toBeGreaterThan(4);
  const cut = read({ follow_seconds: 30 });
  await sleep(300);
  way.close();
  expect((await cut).error).toMatchObject({ code: 'engine_unreachable' });
  await t.close();
});
