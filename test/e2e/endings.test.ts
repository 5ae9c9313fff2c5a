import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect } from '../helpers/client.ts';
import { cli } from '../helpers/cli-process.ts';
import { eventually, processesWith } from '../helpers/processes.ts';
import { directly, scratch } from '../helpers/scratch.ts';

/** A line that changes a file, starts children of several kinds, one of them a daemon, and then waits. */
const BUSY = 'echo half >> a.txt; (sleep 301 & sleep 302 &); sleep 303 & touch started; sleep 304';

async function busy(): Promise<{ place: ReturnType<typeof scratch>; started: () => boolean }> {
  // Without a sandbox, so that the test sees what the command does while it runs.
  const place = directly(scratch());
  writeFileSync(join(place.root, 'a.txt'), 'whole\n');
  return { place, started: () => processesWith(place.root).length > 0 && existsStarted(place.root) };
}

function existsStarted(root: string): boolean {
  try {
    return readFileSync(join(root, 'started')) !== null;
  } catch {
    return false;
  }
}

const leftOf = (marker: string): number[] => processesWith(`PWD=${marker}`);

test('a cancelled command dies with its whole tree, is taken back and put on record', async () => {
  const { place, started } = await busy();
  const server = await connect(place);
  const abort = new AbortController();
  const call = server.client
    .callTool({ name: 'run_command', arguments: { command: BUSY } }, undefined, { signal: abort.signal })
    .catch((error: unknown) => error);
  await eventually(started, 'the command has started');
  abort.abort();
  await call;
  const last = async (): Promise<Record<string, unknown> | undefined> => {
    const answer = await server.call('query_audit', { action: 'run_command', limit: 1 });
    const records = answer.result?.['records'] as Record<string, unknown>[] | undefined;
    return records?.[0];
  };
  await eventually(async () => (await last())?.['event'] === 'action.finished', 'its end is on record');
  expect(await last()).toMatchObject({ result: 'rolled_back', error: 'cancelled' });
  expect(readFileSync(join(place.root, 'a.txt'), 'utf8')).toBe('whole\n');
  expect(leftOf(place.root).filter((pid) => pid !== server.pid)).toEqual([]);
  await server.close();
});

test('when the client goes away, what runs dies and its end is on record', async () => {
  const { place, started } = await busy();
  const server = await connect(place);
  const call = server.call('run_command', { command: BUSY }).catch((error: unknown) => error);
  await eventually(started, 'the command has started');
  await server.close();
  await call;
  await eventually(() => leftOf(place.root).length === 0, 'nothing runs any more');
  const { stdout } = await cli(place, ['audit', '--action', 'run_command', '--json', '--limit', '1']);
  const report = JSON.parse(stdout) as { result: { records: Record<string, unknown>[] } };
  expect(report.result.records[0]).toMatchObject({ event: 'action.finished', result: 'rolled_back' });
  expect(readFileSync(join(place.root, 'a.txt'), 'utf8')).toBe('whole\n');
});

test('a command that takes too long is ended with all it started', async () => {
  const { place } = await busy();
  const server = await connect(place);
  const answer = await server.call('run_command', { command: BUSY, timeout_seconds: 1 });
  expect(answer).toMatchObject({
    outcome: 'rolled_back',
    error: { code: 'timed_out' },
    result: { timed_out: true },
  });
  expect(leftOf(place.root).filter((pid) => pid !== server.pid)).toEqual([]);
  await server.close();
});

test('the emergency stop of one server ends what another runs, and only a person releases it', async () => {
  const { place, started } = await busy();
  const [one, two] = [await connect(place), await connect(place)];
  const running = one.call('run_command', { command: BUSY });
  await eventually(started, 'the command has started');
  expect((await two.call('emergency_stop', { reason: 'it goes wrong' })).outcome).toBe('succeeded');
  expect(await running).toMatchObject({ outcome: 'rolled_back', error: { code: 'emergency_stopped' } });
  expect((await one.call('write_file', { path: 'x', content: '' })).error?.code).toBe('emergency_stopped');
  expect((await one.call('get_status')).result).toMatchObject({ emergency_stop: true });
  expect((await cli(place, ['release'])).code).toBe(3);
  await one.close();
  await two.close();
});

test('what a command leaves running ends with it', async () => {
  const place = scratch();
  const server = await connect(place);
  const answer = await server.call('run_command', {
    command: 'sleep 305 & (sleep 306 &) ; sleep 307 > /dev/null & echo done',
  });
  expect(answer).toMatchObject({ outcome: 'succeeded', result: { stdout: 'done\n' } });
  expect(leftOf(place.root).filter((pid) => pid !== server.pid)).toEqual([]);
  await server.close();
});
