// An agent that wants the machine, the disk or an answer to be used up.
import { existsSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { expectOnRecord, sharedApp } from '../helpers/attack.ts';
import { sql } from '../helpers/sql.ts';
import { processesIn } from '../helpers/state.ts';

const MB = 1_000_000;
const t = sharedApp(`
limits:
  actions_per_minute: 100000
  command_seconds: 20
  command_processes: 64
  command_memory_bytes: ${200 * MB}
  command_written_bytes: ${20 * MB}
  output_bytes: 4096
  snapshot_files: 2000
retention: { held_bytes: ${MB} }
`);

afterEach(() => {
  // What failed here so often is not what the next test is about.
  sql(t.home, 'DELETE FROM breakers');
  for (const name of readdirSync(t.root)) rmSync(join(t.root, name), { recursive: true });
});

test.each([
  ['a file that grows', 'head -c 100M /dev/zero > big'],
  ['many files that grow', 'for i in {1..60}; do head -c 1M /dev/zero > f$i; sync f$i; sleep 0.05; done'],
  ['the temporary files', 'head -c 400M /dev/zero > /tmp/big'],
  ['the shared memory', 'head -c 400M /dev/zero > /dev/shm/big'],
  ['the home', 'head -c 400M /dev/zero > ~/big'],
  ['memory', `python3 -c "import time; x = bytearray(400_000_000); time.sleep(15)"`],
  [
    'processes',
    `python3 -c "
import os, sys, time
for i in range(5000):
  if os.fork() == 0: time.sleep(30)"`,
  ],
  ['descriptors', `python3 -c "x = [open('/dev/null') for i in range(2_000_000)]"`],
  ['links without end', 'ln -s loop loop; cat loop'],
])('a command does not use up %s', async (_, command) => {
  const before = statfsSync(t.base);
  const answer = await t.act('run_command', { command });
  expect(answer.outcome, JSON.stringify(answer)).toBe('failed');
  expect(answer.error?.next).toMatch(/\S/);
  expectOnRecord(t, answer, 'action.finished');
  const lost = (before.bavail - statfsSync(t.base).bavail) * before.bsize;
  expect(lost).toBeLessThan(300 * MB);
  expect(processesIn(t.root)).toEqual([]);
});

test.each(['discard', 'keep'])(
  'a burst that nobody saw is not committed either, on failure %s',
  async (on_failure) => {
    // Each file is within the limit, and all of them are there before anybody looks.
    const line = (n: number) => `mkdir d; for i in a b c; do head -c ${n} /dev/zero > d/$i; done`;
    const burst = await t.act('run_command', { command: line(9 * MB), on_failure });
    expect(burst).toMatchObject({ outcome: 'failed', error: { code: 'limit_exceeded' } });
    expect(existsSync(join(t.root, 'd'))).toBe(false);
    expectOnRecord(t, burst, 'action.finished');
    const later = await t.act('commit_stage', { id: burst.action_id });
    expect(later.outcome).not.toBe('succeeded');
    expect(existsSync(join(t.root, 'd'))).toBe(false);
    const within = await t.act('run_command', { command: line(2 * MB), on_failure });
    expect(within.outcome, JSON.stringify(within)).toBe('succeeded');
  },
);

test('what is said without end is cut, and what was left out is counted', async () => {
  const answer = await t.act('run_command', {
    command: 'head -c 50M /dev/zero | tr "\\0" x; head -c 50M /dev/zero | tr "\\0" y >&2',
  });
  expect(answer.result).toMatchObject({ omitted_bytes: expect.any(Number) as number });
  expect(JSON.stringify(answer).length).toBeLessThan(40_000);
  expectOnRecord(t, answer, 'action.finished');
});

test('what waits for a person does not fill the disk', async () => {
  const held = await t.act('run_command', { command: 'touch .mcp.json; head -c 2M /dev/zero > big' });
  expect(held).toMatchObject({ outcome: 'denied', error: { code: 'too_large' } });
  expectOnRecord(t, held, 'action.finished');
});

test('what a line leaves running ends with it', async () => {
  const escapes = ['setsid', 'nohup', 'setsid nohup setsid'].map(
    (how) => `${how} sh -c 'sleep 3; touch ${join(t.root, 'late')}' >/dev/null 2>&1 &`,
  );
  const twice = `python3 -c "
import os, time
if os.fork() == 0:
  os.setsid()
  if os.fork() == 0: time.sleep(3); open('late', 'w')"`;
  const answer = await t.act('run_command', { command: `${escapes.join('\n')}\n${twice}\ntrue` });
  expectOnRecord(t, answer, 'action.finished');
  expect(processesIn(t.root)).toEqual([]);
  expect(existsSync(join(t.root, 'late'))).toBe(false);
});
