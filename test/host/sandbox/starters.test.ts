import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../../src/app.ts';
import { type TestBox, describeSandbox, testBox } from '../../helpers/box.ts';
import { eventually } from '../../helpers/processes.ts';

const opened: TestBox[] = [];
afterEach(async () => {
  for (const { sandbox } of opened.splice(0)) await sandbox.close();
});

function closedAfter(box: TestBox): TestBox {
  opened.push(box);
  return box;
}

function statusOf(pid: number | string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return '';
  }
}

const runs = (pid: number): boolean => /^State:\s+[^ZX]/m.test(statusOf(pid));

/** The children of a process that run. */
const childrenOf = (parent: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => new RegExp(`^PPid:\\s+${parent}$`, 'm').test(statusOf(pid)) && runs(pid));

/** The shell that waits for the next command of a server: the first process of its namespace. */
function waiting(server: number): number[] {
  return childrenOf(server)
    .filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('--kill-child'))
    .flatMap(childrenOf);
}

describeSandbox('the box that is begun ahead', 'test/host/sandbox/starters.test.ts', () => {
  test('is one, holds no file system, and is the next one', async () => {
    const { run } = closedAfter(testBox());
    expect(waiting(process.pid)).toEqual([]);
    await run('true');
    await eventually(() => waiting(process.pid).length === 1, 'one waits');
    const [pid = 0] = waiting(process.pid);
    expect(readlinkSync(`/proc/${pid}/ns/mnt`)).toBe(readlinkSync('/proc/self/ns/mnt'));
    expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/');
    expect((await run('echo used')).stdout).toBe('used\n');
    expect(runs(pid)).toBe(false);
  });

  test('is passed over where it is dead', async () => {
    const { run } = closedAfter(testBox());
    await run('true');
    await eventually(() => waiting(process.pid).length === 1, 'one waits');
    const [pid = 0] = waiting(process.pid);
    process.kill(pid, 'SIGKILL');
    await eventually(() => childrenOf(process.pid).every((child) => !isOuter(child)), 'it is gone');
    expect((await run('echo well')).stdout).toBe('well\n');
  });

  test('is passed over where its limits are other ones', async () => {
    const { run } = closedAfter(testBox());
    const limits = { processes: 400, memoryBytes: 2e9, cpuSeconds: 60, writtenBytes: 1e9 };
    expect((await run('ulimit -St', { limits })).stdout).toBe('60\n');
    expect((await run('ulimit -St', { limits: { ...limits, cpuSeconds: 7 } })).stdout).toBe('7\n');
    expect((await run('ulimit -St', { limits })).stdout).toBe('60\n');
  });

  test('ends when the sandbox is closed, and leaves no group behind', async () => {
    const { run, sandbox } = testBox();
    await run('true');
    await eventually(() => waiting(process.pid).length === 1, 'one waits');
    const [pid = 0] = waiting(process.pid);
    const group = /^.*:(\/.*homeostat-.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'latin1'))?.[1];
    await sandbox.close();
    expect(runs(pid)).toBe(false);
    const folders =
      group === undefined ? [] : ['pids', 'unified', ''].map((h) => `/sys/fs/cgroup/${h}${group}`);
    await eventually(() => !folders.some((folder) => existsSync(folder)), 'its group is removed');
    expect((await run('echo after')).stdout).toBe('after\n');
    expect(waiting(process.pid)).toEqual([]);
  });

  test('ends with its server, which does not wait for it', async () => {
    for (const how of ['killed', 'ended']) {
      const { base } = testBox();
      const script = join(PACKAGE_ROOT, 'test', 'helpers', 'boxed-sleep.mjs');
      const server = spawn(process.execPath, [
        script,
        PACKAGE_ROOT,
        base,
        'true',
        how === 'killed' ? 'stay' : '',
      ]);
      let said = '';
      server.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
      let code: number | null = null;
      server.once('exit', (exit) => (code = exit ?? -1));
      if (how === 'killed') {
        await eventually(() => said.includes('ran') && waiting(server.pid ?? 0).length === 1, 'one waits');
        const [pid = 0] = waiting(server.pid ?? 0);
        server.kill('SIGKILL');
        await eventually(() => !runs(pid), 'it ends too');
      } else {
        await eventually(() => code !== null, 'the server ends');
        expect(code).toBe(0);
      }
    }
  });

  test('hands over a line as it is', async () => {
    const { run } = closedAfter(testBox());
    const line = `printf '%s|' "it's" 'a\nb' "\\\\" '$HOME' "\`echo c\`" '--' ''; cat | wc -c`;
    const said = `it's|a\nb|\\|$HOME|c|--||0\n`;
    expect((await run(line)).stdout).toBe(said);
    expect((await run(`${line} # ${'x'.repeat(100_000)}`)).stdout).toBe(said);
  });
});

const isOuter = (pid: number): boolean =>
  readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('--kill-child');
