// An engine that takes its time: what may take long is waited for, what may not is given up.
import { expect, onTestFinished, test } from 'vitest';
import type { Engine } from '../../src/core/engine.ts';
import { openEngine } from '../../src/host/docker/engine.ts';
import { engineForTests } from '../helpers/engine.ts';
import { slowEngine } from '../helpers/slow-engine.ts';
import { clear } from './cases.ts';

const engine = engineForTests();

/** An answer is waited for so long, and comes so late. */
const ANSWER_MS = 300;
const LATE_MS = 700;

const SILENT = expect.stringContaining('it has said nothing for 0.3 s') as string;

/** What a call fails with. */
const given = async (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => null,
    (error: unknown) => error,
  );

const signal = new AbortController().signal;
const exec = { argv: ['echo', 'here'], env: {}, timeoutMs: 60_000, outputBytes: 1000, signal };

async function slowly(): Promise<Engine> {
  const on = await engine();
  const way = await slowEngine(on.host, LATE_MS);
  onTestFinished(async () => {
    way.close();
    await clear(on);
  });
  return openEngine({ host: way.host, certificates: null }, {}, ANSWER_MS);
}

test('what an engine is asked and should know at once is given up, and said to be so', async () => {
  const slow = await slowly();
  for (const ask of [slow.list(true), slow.running(), slow.inspect('a'), slow.networks.list()].map(given))
    expect(await ask).toMatchObject({ code: 'engine_unreachable', message: SILENT });
});

test('what may take long is waited for', async () => {
  const slow = await slowly();
  const { docker } = await engine();
  await docker.createVolume({ Name: 'much' });
  await docker.getImage('busy:1').tag({ repo: 'gone', tag: '1' });
  const made = { Image: 'busy:1', Cmd: ['sleep', '1000'], StopSignal: 'SIGKILL' };
  const id = await slow.create('slow', made);
  await slow.start(id);
  const logs = { tail: 10, timestamps: false, maxBytes: 1000, followMs: 0, signal };
  const found = await Promise.all([
    slow.exec(id, exec),
    slow.logs(id, logs),
    slow.written(id),
    slow.unusedCache(),
    slow.volumes.remove('much'),
    slow.images.remove('gone:1'),
  ]);
  // By itself: it pauses the container, in which this engine may then hang with a program that is just begun.
  await slow.commit(id, 'kept:1');
  expect(found[0]).toMatchObject({ exitCode: 0, stdout: 'here\n' });
  expect(found[2]).toBe(0);
  // A registry that is not there is the engine's answer, not its silence.
  await expect(slow.images.pull('127.0.0.1:9/none:1', signal, () => undefined)).rejects.toMatchObject({
    code: 'engine_error',
  });
  await slow.restart(id);
  await slow.stop(id);
  expect((await docker.getContainer(id).inspect()).State.Running).toBe(false);
  await slow.remove(id);
  expect(await docker.listContainers({ all: true })).toEqual([]);
});
