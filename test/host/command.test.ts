import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { CommandRequest, CommandResult } from '../../src/core/command.ts';
import { openCommands } from '../../src/host/command.ts';
import { markedProcesses, startDetached } from '../../src/host/processes.ts';
import { eventually, processesWith } from '../helpers/processes.ts';
import { scratch } from '../helpers/scratch.ts';

/** Of the newest command; what is still ending an earlier one must not meet the next. */
let id = '';
let runs = 0;

async function run(
  line: string,
  given: Partial<CommandRequest> & { own?: NodeJS.ProcessEnv } = {},
): Promise<CommandResult> {
  const { own = process.env, ...request } = given;
  const cwd = request.cwd ?? scratch().root;
  return openCommands(own, [cwd]).run({
    line,
    cwd,
    env: {},
    timeoutMs: 20_000,
    outputBytes: 1000,
    actionId: (id = `unit${process.pid}x${++runs}`),
    signal: new AbortController().signal,
    ...request,
  });
}

test('output, exit code and signal are told', async () => {
  expect(await run('echo out; echo err >&2; exit 3')).toMatchObject({
    stdout: 'out\n',
    stderr: 'err\n',
    exitCode: 3,
    signal: null,
    timedOut: false,
    cancelled: false,
    omittedBytes: 0,
  });
  expect(await run('kill -9 $$')).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
});

test('standard input is empty, and nothing persists', async () => {
  expect((await run('cat; read -r x; echo "[$x]"')).stdout).toBe('[]\n');
  await run('KEPT=1; cd /');
  expect((await run('echo "[$KEPT]"')).stdout).toBe('[]\n');
});

test('an overlong output is cut in the middle and counted', async () => {
  const { stdout, omittedBytes } = await run('echo begin; seq 100000; echo end');
  expect(stdout.startsWith('begin\n')).toBe(true);
  expect(stdout.endsWith('end\n')).toBe(true);
  expect(stdout).toContain(`[… ${omittedBytes} bytes left out here …]`);
});

test('only what is harmless is inherited of the environment', async () => {
  const own = {
    PATH: process.env['PATH'],
    HOME: '/home/x',
    LANG: 'C',
    SECRET_TOKEN: 'abc',
    LD_PRELOAD: '',
    LC_ALL: 'C',
  };
  const { stdout } = await run('env', { own, env: { GIVEN: '1', HOMEOSTAT_ACTION_ID: 'forged' } });
  const names = stdout.split('\n').map((line) => line.split('=')[0]);
  expect(names).toEqual(expect.arrayContaining(['PATH', 'HOME', 'LANG', 'LC_ALL', 'GIVEN']));
  expect(names).not.toContain('SECRET_TOKEN');
  expect(names).not.toContain('LD_PRELOAD');
  expect(stdout).toContain(`HOMEOSTAT_ACTION_ID=${id}\n`);
});

test('a folder in which an agent can plant programs is not searched for them', async () => {
  const { root } = scratch();
  mkdirSync(join(root, 'bin'));
  const own = { PATH: `${root}/bin:${root}:bin::.:/usr/bin:/bin` };
  expect((await run('echo $PATH', { own, cwd: root })).stdout).toBe('/usr/bin:/bin\n');
});

test('a command that takes too long is ended with all that it started', async () => {
  const result = await run('trap "" TERM; sleep 60 & (setsid sleep 60 &) ; sleep 60', { timeoutMs: 300 });
  expect(result.timedOut).toBe(true);
  expect(markedProcesses(id)).toEqual([]);
});

test('what a command leaves in the background ends with it', async () => {
  const { root } = scratch();
  const line = 'setsid nohup bash -c "sleep 1; echo late > late" > /dev/null 2>&1 & (sleep 60 &) ; echo done';
  expect((await run(line, { cwd: root })).stdout).toBe('done\n');
  expect(markedProcesses(id)).toEqual([]);
  await sleep(1200);
  expect(existsSync(join(root, 'late'))).toBe(false);
});

/** Out of its control groups, its session, its group and its environment, orphaned twice; `$1` is how long it sleeps. */
const STRAY = `for i in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/*/cgroup.procs; do echo 0 >$i; done 2>/dev/null
env -i /usr/bin/setsid /bin/sh -c "(setsid sleep $1 & setsid sleep $1 &) & exit" &`;
const sleepers = (mark: string): number[] => processesWith(`sleep\0${mark}\0`);

test('what has left everything by which it could be known ends too', async () => {
  const mark = `6${process.pid}`;
  const stray = `set -- ${mark}; ${STRAY}`;
  expect((await run(`${stray} sleep 0.3; echo done`)).stdout).toBe('done\n');
  expect(sleepers(mark)).toEqual([]);
  const abort = new AbortController();
  const running = run(`${stray} sleep 60`, { signal: abort.signal });
  await eventually(() => sleepers(mark).length === 2, 'both run');
  // Beside it another one, which is not touched.
  const { root } = scratch();
  const other = run(`setsid bash -c 'sleep 1; touch late' & wait`, { cwd: root });
  abort.abort();
  await running;
  await other;
  expect(sleepers(mark)).toEqual([]);
  expect(existsSync(join(root, 'late'))).toBe(true);
});

test('what is meant to outlive this process is spared', async () => {
  const mark = `7${process.pid}`;
  startDetached(`(setsid sleep ${mark} &) ; sleep 1`, process.env);
  const kept = (): number[] => sleepers(mark);
  await eventually(() => kept().length === 1, 'it runs');
  await run('true');
  expect(kept()).toHaveLength(1);
  for (const pid of kept()) process.kill(pid);
});

test('a background process that holds the pipe does not hold the answer', async () => {
  const result = await run('sleep 60 & echo done');
  expect(result).toMatchObject({ stdout: 'done\n', exitCode: 0, timedOut: false });
});

test('cancelling ends it at once', async () => {
  const abort = new AbortController();
  const { root } = scratch();
  const running = run('echo $$ > pid; sleep 60', { cwd: root, signal: abort.signal });
  while (!existsSync(join(root, 'pid'))) await sleep(10);
  abort.abort();
  expect(await running).toMatchObject({ cancelled: true, exitCode: null });
  expect(markedProcesses(id)).toEqual([]);
  expect(readFileSync(join(root, 'pid'), 'utf8')).toMatch(/\d/);
});

test('one cancelled before it begins does nothing', async () => {
  const { root } = scratch();
  await run('sleep 1; touch made', { cwd: root, signal: AbortSignal.abort() });
  expect(existsSync(join(root, 'made'))).toBe(false);
});

test('a folder of plain files that poses as a bare repository runs nothing', async () => {
  const place = scratch();
  const bare = join(place.root, 'sub');
  for (const folder of ['objects', 'refs']) mkdirSync(join(bare, folder), { recursive: true });
  writeFileSync(join(bare, 'HEAD'), 'ref: refs/heads/main\n');
  writeFileSync(
    join(bare, 'config'),
    `[core]\n\tworktree = ${place.root}\n\tfsmonitor = touch ${place.root}/ran\n`,
  );
  const { exitCode, stderr } = await run('git status', { cwd: bare });
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain('bare');
  expect(existsSync(join(place.root, 'ran'))).toBe(false);
});
