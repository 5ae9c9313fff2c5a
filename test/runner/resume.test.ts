import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/app.ts';
import { isLocked, takeLock } from '../../src/runner/file-lock.ts';
import { BIN } from '../helpers/client.ts';
import { testApp } from '../helpers/app.ts';
import { agentRun, calls, installLlama, says, script } from '../helpers/llama.ts';
import { type Move, play } from '../helpers/run.ts';
import { scratch } from '../helpers/scratch.ts';
import { describeWithMounts, smallDisk } from '../helpers/small-disk.ts';
import { actionsOf, expectSettled } from '../helpers/state.ts';

const append = (word: string, wait = ''): string[] =>
  calls('run_command', { command: `echo ${word} >> log.txt${wait}`, reason: word });

test('a run that is killed in the middle of a command goes on, and nothing is done twice', async () => {
  const place = scratch();
  const model = script(place, [
    append('one'),
    append('two', '; sleep 2'),
    append('three'),
    says('All three are written.'),
  ]);
  const env = { ...place.env, HOMEOSTAT_LLAMA: await installLlama() };
  const child = spawn(process.execPath, [BIN, 'agent', 'run', 'ops', 'count', '--model', model, '--json'], {
    cwd: place.root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  while (!/"event":"call"[^\n]*echo two/.test(said)) await sleep(20);
  await sleep(500);
  child.kill('SIGKILL');
  await once(child, 'close');
  const [id = ''] = readdirSync(join(place.home, 'runs')).map((name) => name.split('.')[0] ?? '');
  const { report } = await agentRun(place, ['--resume', id, '--model', model]);
  expect(report).toMatchObject({ run: id, stop: 'final_answer', said: 'All three are written.' });
  const written = readFileSync(join(place.root, 'log.txt'), 'utf8').trim().split('\n');
  // The second was cut off with its server, or got through: never both, and the record says which.
  const second = actionsOf(place)[1];
  expect(written).toEqual(second?.outcome === 'succeeded' ? ['one', 'two', 'three'] : ['one', 'three']);
  expect(actionsOf(place)).toHaveLength(3);
  expectSettled(place);
});

test('a call whose answer was lost is looked up in the record before it is asked anew', async () => {
  const place = await testApp();
  const abort = new AbortController();
  const line = { tool: 'run_command', input: { command: 'echo once >> log.txt', reason: 'r' } };
  const first = await play([[line], 'never said'], {
    on: place,
    signal: abort.signal,
    tell: (event) => event.event === 'answer' && abort.abort(),
  });
  expect(first.ended.stop).toBe('interrupted');
  // As a kill between the action and its answer leaves the journal.
  const file = join(place.home, 'runs', `${first.id}.jsonl`);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const kept = lines.filter((text) => !/"kind":"(answered|ended)"|"role":"tool"/.test(text));
  writeFileSync(file, `${kept.join('\n')}\n{"kind":"answ`);
  const second = await play([[line], 'done'], { on: place, resume: first.id });
  expect(second.ended).toMatchObject({ stop: 'final_answer', said: 'done', steps: 2 });
  expect(second.answers[0]).toMatch(/^outcome: succeeded, action_id: \w+.*\n<data/);
  expect(second.events.some(({ event }) => event === 'note')).toBe(true);
  expect(readFileSync(join(place.root, 'log.txt'), 'utf8')).toBe('once\n');
  expect(second.report.done).toHaveLength(1);
  await place.close();
});

test('what was refused before is not taken for what became of a lost call, whether that was carried out or never sent', async () => {
  const place = await testApp();
  const refused = { tool: 'write_file', input: { path: '/etc/zz', content: 'x' } };
  const line = { tool: 'write_file', input: { path: 'a.txt', content: 'a' } };
  const [abort, before] = [new AbortController(), new AbortController()];
  const first = await play([[refused], [line], 'never said'], {
    on: place,
    signal: abort.signal,
    tell: (event) => event.event === 'answer' && event.outcome === 'succeeded' && abort.abort(),
  });
  const file = join(place.home, 'runs', `${first.id}.jsonl`);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const sent = lines.findLastIndex((text) => text.includes('"kind":"calling"'));
  writeFileSync(file, `${lines.slice(0, sent + 1).join('\n')}\n`);
  const second = await play([[refused], [line], 'done'], { on: place, resume: first.id });
  expect(second.answers.at(-1)).toMatch(/^outcome: succeeded, action_id/);
  expect(actionsOf(place)).toHaveLength(1);
  // The same, but killed before it was sent: the journal has it as about to be.
  rmSync(join(place.root, 'a.txt'));
  let asked = 0;
  const third = await play([[refused], [line], 'never said'], {
    on: place,
    signal: before.signal,
    tell: (event) => event.event === 'call' && ++asked === 2 && before.abort(),
  });
  expect(existsSync(join(place.root, 'a.txt'))).toBe(false);
  const fourth = await play([[refused], [line], 'done'], { on: place, resume: third.id });
  expect(fourth.answers.at(-1)).toMatch(/^outcome: succeeded, action_id/);
  expect(existsSync(join(place.root, 'a.txt'))).toBe(true);
  await place.close();
});

test('a call that never reached the machine is asked on resuming', async () => {
  const place = await testApp();
  const abort = new AbortController();
  const line = { tool: 'write_file', input: { path: 'a.txt', content: 'a' } };
  const first = await play([[line], 'never said'], {
    on: place,
    signal: abort.signal,
    tell: (event) => event.event === 'call' && abort.abort(),
  });
  expect(first.ended.stop).toBe('interrupted');
  expect(existsSync(join(place.root, 'a.txt'))).toBe(false);
  const second = await play([[line], 'done'], { on: place, resume: first.id });
  expect(second.report.done.map(({ tool }) => tool)).toEqual(['write_file']);
  expect(readFileSync(join(place.root, 'a.txt'), 'utf8')).toBe('a');
  await place.close();
});

test('two processes never work on one run, and no journal is no run', async () => {
  const place = await testApp();
  const { id } = await play(['done'], { on: place });
  const release = takeLock(join(place.home, 'runs', `${id}.jsonl.lock.db`));
  await expect(play(['done'], { on: place, resume: id })).rejects.toMatchObject({ code: 'resource_busy' });
  release?.();
  await play(['done'], { on: place, resume: id });
  await expect(play(['done'], { on: place, resume: 'abcdef' })).rejects.toMatchObject({ code: 'not_found' });
  await expect(play(['done'], { on: place, resume: '../../x' })).rejects.toMatchObject({
    code: 'invalid_input',
  });
  await place.close();
});

/** A process of its own that takes the lock of a run and keeps it, or says why it did not get it. */
async function holder(file: string, before: readonly string[] = []) {
  const keep = `
    const { takeLock } = await import(${JSON.stringify(join(PACKAGE_ROOT, 'dist/runner/file-lock.js'))});
    globalThis.kept = takeLock(process.argv[1]);
    console.log(globalThis.kept === null ? 'busy' : 'taken');
    setInterval(() => undefined, 1000);`;
  const line = [...before, process.execPath, '--input-type=module', '-e', keep, file];
  const child = spawn(line[0] ?? '', line.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await once(child, 'close');
  };
  return { said: said.trim(), kill };
}

test('the lock of a run goes with its process, and of several that come for it one gets it', async () => {
  const file = join(scratch().base, 'run.lock');
  const first = await holder(file);
  expect([first.said, takeLock(file), isLocked(file)]).toEqual(['taken', null, true]);
  await first.kill();
  expect(isLocked(file)).toBe(false);
  const several = await Promise.all([1, 2, 3, 4].map(async () => holder(file)));
  expect(several.map(({ said }) => said).toSorted()).toEqual(['busy', 'busy', 'busy', 'taken']);
  await Promise.all(several.map(async ({ kill }) => kill()));
  expect([isLocked(file), isLocked(join(file, '..', 'no-such-run'))]).toEqual([false, false]);
});

test('a process of another PID namespace, which cannot be seen from here, holds its run all the same', async () => {
  const file = join(scratch().base, 'run.lock');
  const inside = ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--kill-child'];
  const other = await holder(file, inside);
  expect([other.said, takeLock(file)]).toEqual(['taken', null]);
  await other.kill();
});

describeWithMounts('where the disk is full', import.meta.filename, () => {
  test('no call goes out that the journal does not hold, and the run goes on when there is room', async () => {
    const place = await testApp();
    const runs = join(place.home, 'runs');
    const disk = smallDisk({ home: runs });
    // More than what is left of the journal's last block.
    const line = { tool: 'write_file', input: { path: 'a.txt', content: 'a'.repeat(10_000) } };
    const id = 'full000001';
    const full: Move = () => (disk.fill(), [line]);
    await expect(play([full], { on: place, id })).rejects.toMatchObject({
      code: 'record_failed',
      next: expect.stringContaining(`--resume ${id}`),
    });
    expect([existsSync(join(place.root, 'a.txt')), actionsOf(place)]).toEqual([false, []]);
    disk.free();
    const { report } = await play([[line], 'done'], { on: place, resume: id });
    expect(report.done.map(({ tool }) => tool)).toEqual(['write_file']);
    await place.close();
  });
});
