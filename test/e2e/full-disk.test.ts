import { execa } from 'execa';
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { PASSPHRASE, testApp } from '../helpers/app.ts';
import { BIN, connect } from '../helpers/client.ts';
import { commitAll } from '../helpers/committed.ts';
import { claudeInput, runHook } from '../helpers/hook.ts';
import { directly, type Scratch, scratch } from '../helpers/scratch.ts';
import { expectSettled } from '../helpers/settled.ts';
import { describeWithMounts, smallDisk } from '../helpers/small-disk.ts';

const BEFORE = 'before\n';

function furnished() {
  const place = scratch();
  const file = join(place.root, 'a.txt');
  writeFileSync(file, BEFORE);
  utimesSync(file, 1_600_000_000, 1_600_000_000);
  // What git has a copy of, a command may change without being asked about.
  commitAll(place.root);
  return { place, file, disk: smallDisk(place), text: () => readFileSync(file, 'utf8') };
}

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

async function undoByPerson(place: Scratch, id: string | null): Promise<void> {
  const t = await testApp({ on: place });
  if (!existsSync(t.app.home.approver)) await (await t.app.operator()).enrol(PASSPHRASE, null);
  const asked = await t.act('rollback', { id });
  expect(asked.outcome).toBe('held');
  await t.approve(asked.action_id ?? '');
  await t.ask('wait_for_approval', { action_id: asked.action_id, wait_seconds: 20 });
  await t.close();
}

const STEPS = ['intended', 'staged', 'committing', 'preserved', 'committed', 'verified', 'finished'];
const ROLLED_BACK = [
  'intended',
  'staged',
  'committing',
  'preserved',
  'committed',
  'verified',
  'rolling back',
];

/** One action of each kind, and one that fails after its change, so that it is rolled back. */
const ACTIONS = [
  { tool: 'write_file', input: { path: 'a.txt', content: 'after\n' }, after: 'after\n' },
  { tool: 'delete_file', input: { path: 'a.txt' }, after: null },
  { tool: 'run_command', input: { command: 'printf after > a.txt' }, after: 'after' },
  { tool: 'run_command', input: { command: 'printf half > a.txt; exit 1' }, after: BEFORE },
] as const;

describeWithMounts('a full disk', import.meta.filename, () => {
  test('nothing is done that cannot be recorded; with space again, everything works without a restart', async () => {
    const { place, disk, text } = furnished();
    const server = await connect(place);
    expect(await server.call('write_file', { path: 'b.txt', content: 'b' })).toMatchObject({
      outcome: 'succeeded',
    });
    disk.fill();
    for (const { tool, input } of ACTIONS) {
      const report = await server.call(tool, input);
      expect(report).toMatchObject({ outcome: 'failed', error: { code: 'record_failed' } });
      expect(text()).toBe(BEFORE);
    }
    disk.free();
    expect(await server.call('write_file', { path: 'a.txt', content: 'after\n' })).toMatchObject({
      outcome: 'succeeded',
    });
    expect(text()).toBe('after\n');
    await server.close();
    await expectSettled(place);
  });

  test('a disk full from the start is told, and the same server works when there is space', async () => {
    const { place, disk, text } = furnished();
    disk.fill();
    const server = await connect(place);
    const refused = await server.call('delete_file', { path: 'a.txt' });
    expect(refused).toMatchObject({ outcome: 'failed', error: { code: 'record_failed' } });
    expect(text()).toBe(BEFORE);
    disk.free();
    expect(await server.call('delete_file', { path: 'a.txt' })).toMatchObject({ outcome: 'succeeded' });
    await server.close();
    await expectSettled(place);
  });

  test('an agent that has filled it is let do nothing by any door: processes, undo, queries, hooks', async () => {
    const { place, disk, text } = furnished();
    const server = await connect(place);
    const written = await server.call('write_file', { path: 'a.txt', content: 'after\n' });
    expect(written.outcome).toBe('succeeded');
    disk.fill();
    const calls = [
      ['start_process', { command: 'touch started', name: 'p' }],
      ['rollback', { id: written.action_id }],
      ['run_command', { command: 'touch run', dry_run: true }],
      ['no_such_tool', {}],
    ] as const;
    for (const [tool, input] of calls) {
      const report = await server.call(tool, { ...input, reason: 'a full disk' }).catch(() => null);
      expect(report?.outcome, tool).not.toBe('succeeded');
    }
    const bash = async (command: string): Promise<string> =>
      (await runHook(place, claudeInput(place, 'Bash', { command }), '--no-resident')).verdict;
    expect(await bash('touch hooked')).toBe('deny');
    expect(text()).toBe('after\n');
    expect(existsSync(join(place.root, 'started')) || existsSync(join(place.root, 'run'))).toBe(false);
    disk.free();
    expect(await bash('git status')).not.toBe('deny');
    await server.close();
    await expectSettled(place);
  });

  test('the emergency stop still stops', async () => {
    const { place, disk, text } = furnished();
    const enrolling = await testApp({ on: place });
    await (await enrolling.app.operator()).enrol(PASSPHRASE, null);
    await enrolling.close();
    // Without a sandbox, so that the test sees its process.
    const server = await connect(directly(place));
    const pidFile = join(place.root, 'pid');
    const running = server.call('run_command', {
      command: 'printf half > a.txt; echo $$ > pid; sleep 600',
    });
    await vi.waitFor(() => expect(readFileSync(pidFile, 'utf8')).toMatch(/\n/), 20_000);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    disk.fill();
    const stopped = await server.call('emergency_stop', { reason: 'the disk is full' });
    expect(stopped.error?.code).toBe('record_failed');
    expect((await running).outcome).not.toBe('succeeded');
    await vi.waitFor(() => expect(isGone(pid)).toBe(true), 20_000);
    const refused = await server.call('write_file', { path: 'b.txt', content: 'b' });
    expect(['record_failed', 'emergency_stopped']).toContain(refused.error?.code);

    disk.free();
    const later = await server.call('write_file', { path: 'b.txt', content: 'b' });
    expect(later.error?.code).toBe('emergency_stopped');
    expect(existsSync(join(place.root, 'b.txt'))).toBe(false);

    await execa(process.execPath, [BIN, 'release', '--passphrase-stdin'], {
      cwd: place.base,
      env: place.env,
      input: `${PASSPHRASE}\n`,
    });
    expect(await server.call('write_file', { path: 'b.txt', content: 'b' })).toMatchObject({
      outcome: 'succeeded',
    });
    await server.close();
    const interrupted = (await expectSettled(place)).find((body) => body.event === 'action.recovered');
    expect(interrupted).toMatchObject({ action: 'run_command', result: 'unknown' });
    await undoByPerson(place, interrupted?.snapshot_id ?? null);
    expect(text()).toBe(BEFORE);
    expect(existsSync(pidFile)).toBe(false);
  });

  const cases = ACTIONS.flatMap((action) => {
    const steps = action.after === BEFORE ? ROLLED_BACK : STEPS;
    return steps.map((step) => ({ ...action, step, what: JSON.stringify(action.input) }));
  });
  test.each(cases)('$tool $what, full from $step on: before or after, never between', async (one) => {
    const { place, file, disk } = furnished();
    let [armed, full] = [true, false];
    const t = await testApp({
      on: place,
      // In the sandbox a failed line has nothing to be rolled back.
      ...(one.after === BEFORE ? { rung: 'snapshot' } : {}),
      trace(step) {
        full ||= armed && step === one.step;
        if (full) disk.fill();
      },
    });
    const report = await t.act(one.tool, one.input);
    const reached = full;
    [armed, full] = [false, false];
    disk.free();
    expect(await t.act('write_file', { path: 'b.txt', content: 'b' })).toMatchObject({
      outcome: 'succeeded',
    });
    expect(reached).toBe(true);
    if (one.step === 'finished') expect(report.outcome).toBe('succeeded');
    else expect(report.error?.code).toBe('record_failed');
    await t.close();

    const bodies = await expectSettled(place);
    const ended = bodies.find((body) => body.action_id === bodies[0]?.action_id && body.result !== null);
    expect(ended).toMatchObject({ action: one.tool });
    const now = (): string | null => (existsSync(file) ? readFileSync(file, 'utf8') : null);
    if (ended?.result === 'unknown') {
      // A command whose changes could not be looked at when it ended: never guessed at, and a person can have it undone.
      expect(one).toMatchObject({ tool: 'run_command', step: 'preserved' });
      await undoByPerson(place, ended.snapshot_id);
      expect(now()).toBe(BEFORE);
    } else expect(now()).toBe(ended?.result === 'succeeded' ? one.after : BEFORE);
  });
});
