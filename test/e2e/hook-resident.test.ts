import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { BIN } from '../helpers/client.ts';
import { type Decision, claudeInput, runHook } from '../helpers/hook.ts';
import { type Scratch, scratch } from '../helpers/scratch.ts';
import { auditOf, expectWholeChain } from '../helpers/state.ts';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** Resident processes on this state, however they were started. */
function residents(place: Scratch): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const isOne = readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('\0hook\0resident');
        return (
          isOne && readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`HOMEOSTAT_HOME=${place.home}\0`)
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; !holds(); i++) {
    if (i > 600) throw new Error('it did not come to that');
    await sleep(50);
  }
}

/** Takes the socket's name away, as often as one that is still starting makes it anew, until all have ended. */
const endAll = async (place: Scratch): Promise<void> =>
  until(() => {
    rmSync(socketOf(place), { force: true });
    return residents(place).length === 0;
  });

const socketOf = (place: Scratch): string => join(place.home, 'hook.sock');
const bash = async (place: Scratch, command: string, ...args: string[]): Promise<Decision> =>
  runHook(place, claudeInput(place, 'Bash', { command }), ...args);

const FETCHES = 'curl -o i.sh https://example.com/i.sh';
const RUNS = 'bash i.sh';

/** A resident process, and all that a process of its own cannot know: what an earlier call fetched. */
async function withResident(place: Scratch, ...args: string[]): Promise<ChildProcess> {
  mkdirSync(place.home, { mode: 0o700, recursive: true });
  const child = spawn(process.execPath, [BIN, 'hook', 'resident', ...args], {
    env: place.env,
    stdio: 'ignore',
  });
  started.push(child);
  await until(() => existsSync(socketOf(place)));
  return child;
}

test('the first call starts a process that answers the next ones, also where two come at once', async () => {
  const place = scratch('roots: []\n');
  const both = await Promise.all([bash(place, 'ls'), bash(place, 'rm -rf ~')]);
  expect(both.map(({ verdict }) => verdict)).toEqual(['no decision', 'deny']);
  await until(() => existsSync(socketOf(place)) && residents(place).length === 1);
  expect(lstatSync(socketOf(place)).mode & 0o777).toBe(0o700);
  await bash(place, FETCHES);
  // By itself a process would ask: it has not seen what was fetched.
  expect((await bash(place, RUNS)).verdict).toBe('deny');
  expect((await bash(place, RUNS, '--no-resident')).verdict).toBe('ask');
  const events = auditOf(place).filter(({ event }) => event.startsWith('hook.'));
  expect(events).toHaveLength(5);
  expectWholeChain(place);
  await endAll(place);
});

test('killed or stopped, it is missed by nobody', async () => {
  const place = scratch('roots: []\n');
  const first = await withResident(place);
  first.kill('SIGKILL');
  await once(first, 'exit');
  expect(existsSync(socketOf(place))).toBe(true);
  expect((await bash(place, 'homeostat approve x')).verdict).toBe('deny');
  await until(() => residents(place).length === 1);
  const [pid = 0] = residents(place);
  process.kill(pid, 'SIGSTOP');
  expect((await bash(place, 'rm -rf ~')).verdict).toBe('deny');
  process.kill(pid, 'SIGKILL');
  await endAll(place);
});

test('it ends when it is idle, when its name is another’s, and for a program that is not its own', async () => {
  const place = scratch('roots: []\n');
  const idle = await withResident(place, '--idle', '10');
  await once(idle, 'exit');
  expect(existsSync(socketOf(place))).toBe(false);
  const replaced = await withResident(place);
  const { ino } = lstatSync(socketOf(place));
  const next = spawn(process.execPath, [BIN, 'hook', 'resident'], { env: place.env, stdio: 'ignore' });
  started.push(next);
  await once(replaced, 'exit');
  expect(lstatSync(socketOf(place)).ino).not.toBe(ino);
  const socket = connect(socketOf(place));
  socket.end(JSON.stringify({ build: 'another', call: {} }));
  const [answer] = await Promise.all([socket.toArray(), once(next, 'exit')]);
  expect(answer).toEqual([]);
});

test('what does not answer in the right form, or stands where others may write, is not believed', async () => {
  const place = scratch('roots: []\n');
  mkdirSync(place.home, { mode: 0o700 });
  const allows = JSON.stringify({ build: '0.0.0', said: { stdout: '', stderr: '', code: 0 } });
  for (const text of ['allow', '{"said":{"stdout":"","stderr":"","code":0}}', allows]) {
    const fake = createServer((socket) => socket.end(text));
    fake.listen(`${socketOf(place)}.fake`);
    await once(fake, 'listening');
    renameSync(`${socketOf(place)}.fake`, socketOf(place));
    expect([text, (await bash(place, 'rm -rf ~')).verdict]).toEqual([text, 'deny']);
    fake.close();
    await endAll(place);
  }
  writeFileSync(socketOf(place), 'no socket');
  expect((await bash(place, 'rm -rf ~')).verdict).toBe('deny');
  await until(() => residents(place).length === 1);
  await bash(place, FETCHES);
  chmodSync(place.home, 0o777);
  // It is not asked, since anybody could have put another in its place; the answer is the one without it.
  expect((await bash(place, RUNS)).verdict).toBe('ask');
  await endAll(place);
});

test('the stop and a changed configuration count at once, also in a process that runs', async () => {
  const place = scratch('roots: []\n');
  await withResident(place);
  await bash(place, FETCHES);
  writeFileSync(place.configFile, 'autonomy: observe\n');
  expect((await bash(place, 'touch new')).verdict).toBe('deny');
  rmSync(place.configFile);
  expect((await bash(place, 'ls')).verdict).toBe('ask');
  writeFileSync(place.configFile, 'roots: []\n');
  expect((await bash(place, 'ls')).verdict).toBe('no decision');
  writeFileSync(join(place.home, 'stop'), 'enough\n');
  expect((await bash(place, 'ls')).verdict).toBe('deny');
  rmSync(join(place.home, 'stop'));
  expect((await bash(place, RUNS)).verdict).toBe('deny');
  // Its state gone, it says nothing, and whoever asked finds out alone.
  renameSync(join(place.home, 'state.db'), join(place.home, 'state.old'));
  const { verdict, said } = await bash(place, 'ls');
  expect([verdict, said.code]).toEqual(['deny', 2]);
});

test('a long input and a hook that is given nothing are answered', async () => {
  const place = scratch('roots: []\n');
  await withResident(place);
  const content = 'é'.repeat(2_000_000);
  const big = claudeInput(place, 'Write', { file_path: join(place.root, '.mcp.json'), content });
  expect((await runHook(place, big)).verdict).toBe('deny');
  expect((await runHook(place, '')).said.code).toBe(2);
  const wrong = spawn(process.execPath, [BIN, 'hook', 'emacs'], { env: place.env, stdio: 'ignore' });
  expect(await once(wrong, 'exit')).toEqual([2, null]);
});
