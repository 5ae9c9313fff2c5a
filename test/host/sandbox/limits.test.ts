import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { SandboxRequest } from '../../../src/core/sandbox.ts';
import { describeSandbox, testBox } from '../../helpers/box.ts';
import { processesWith } from '../../helpers/processes.ts';

const MB = 1_000_000;
const limits = (given: Partial<SandboxRequest['limits']>): { limits: SandboxRequest['limits'] } => ({
  limits: { processes: 300, memoryBytes: 1000 * MB, cpuSeconds: 100, writtenBytes: 1000 * MB, ...given },
});

describeSandbox('limits of the sandbox', import.meta.filename, () => {
  test('what keeps within them is left alone, and how they were held is told', async () => {
    const result = await testBox().run(
      'head -c 5000000 /dev/zero >a; for i in $(seq 20); do sleep 0.3 & done; wait',
    );
    expect(result).toMatchObject({ exitCode: 0, exceeded: null });
    expect(result.limitsBy).toMatch(
      /^(cgroup|cgroup for processes, rlimits and polling|rlimits and polling)$/,
    );
  });

  test('a fork bomb', async () => {
    const mark = `bomb${process.pid}`;
    const result = await testBox().run('f() { f | f & }; f; sleep 20', {
      ...limits({ processes: 60 }),
      env: { MARK: mark },
    });
    expect(result).toMatchObject({
      exceeded: 'processes',
      exitCode: null,
      signal: 'SIGKILL',
      timedOut: false,
    });
    expect(processesWith(mark)).toEqual([]);
  });

  test('a memory hog, in one process and in many', async () => {
    const hog = (mb: number): string => `perl -e '$x = "x" x ${mb * MB}; sleep 20'`;
    const { run } = testBox();
    expect(await run(hog(300), limits({ memoryBytes: 200 * MB }))).toMatchObject({
      exceeded: 'memory',
      exitCode: null,
    });
    const many = `for i in 1 2 3 4 5 6; do ${hog(60)} & done; wait`;
    expect(await run(many, limits({ memoryBytes: 200 * MB }))).toMatchObject({ exceeded: 'memory' });
    // Pages that processes share count once.
    const shared = `perl -e '$x = "x" x ${60 * MB}; fork; fork; fork; sleep 1'`;
    expect(await run(shared, limits({ memoryBytes: 250 * MB }))).toMatchObject({
      exceeded: null,
      exitCode: 0,
    });
  });

  test('memory that no process shows as its own', async () => {
    const { run } = testBox();
    const result = await run(
      'head -c 300000000 /dev/zero >/dev/shm/a; stat -c %s /dev/shm/a; head -c 1000 /dev/zero >/run/a; touch /home/a /root/a',
      limits({ memoryBytes: 200 * MB }),
    );
    expect(Number(result.stdout)).toBeLessThanOrEqual(51 * MB);
    expect(result.stderr).toMatch(/No space left on device[^]*Read-only file system/);
  });

  test('CPU time, of one process and of many', async () => {
    const { run } = testBox();
    expect(await run('while :; do :; done', limits({ cpuSeconds: 1 }))).toMatchObject({ exceeded: 'cpu' });
    expect(
      await run('while :; do timeout 0.4 sh -c "while :; do :; done"; done', limits({ cpuSeconds: 1 })),
    ).toMatchObject({ exceeded: 'cpu', timedOut: false });
  });

  test.each([137, 152, 153])('an exit code of its own is no limit: %i', async (code) => {
    const { run } = testBox();
    const result = { exitCode: code, exceeded: null, timedOut: false };
    expect(await run(`exit ${code}`, limits({ cpuSeconds: 5 }))).toMatchObject(result);
    expect(await run(`sh -c 'kill -${code - 128} $$'`, limits({ cpuSeconds: 5 }))).toMatchObject(
      // A file that is too long is told by the write, so that its signal is not heard.
      code === 153 ? { exitCode: 0, exceeded: null } : result,
    );
  });

  test('a file that is too long is an error of the write', async () => {
    const { run } = testBox();
    const line = 'truncate -s 200M a; head -c 200000000 /dev/zero >b; ls -s b >&2; exit 3';
    const result = await run(line, limits({ writtenBytes: 100 * MB }));
    expect(result.stderr).toMatch(/truncate.*File too large[^]*head.*File too large/);
    expect(await run('truncate -s 200M a', limits({ writtenBytes: 100 * MB }))).toMatchObject({
      exitCode: 1,
      exceeded: null,
    });
  });

  test.each([
    ['one file', 'head -c 200000000 /dev/zero >a; sleep 20'],
    ['many files', 'for i in $(seq 100); do head -c 5000000 /dev/zero >a$i; done; sleep 20'],
    [
      'files without a name',
      'perl -e \'for (1..40) { open($f[$_], ">", "x"); unlink "x"; print {$f[$_]} "x" x 5_000_000 } sleep 20\'',
    ],
    ['the private /tmp', 'for i in $(seq 100); do head -c 5000000 /dev/zero >/tmp/a$i; done; sleep 20'],
    [
      'children that nobody waits for',
      'perl -e \'$SIG{CHLD} = "IGNORE"; for (1..60) { next if fork; open(F, ">", "y$_"); print F "x" x 5_000_000; close F; exit } sleep 20\'',
    ],
  ])('bytes written to %s', async (_what, line) => {
    const result = await testBox().run(`sync; ${line}`, limits({ writtenBytes: 100 * MB }));
    expect(result.timedOut).toBe(false);
    expect(result).toMatchObject({ exceeded: 'written' });
  });

  test.each(['.', '/tmp'])('empty files in %s count as what they take', async (place) => {
    const line = `cd ${place} && seq 12000 | xargs touch; sleep 20`;
    const result = await testBox().run(line, limits({ writtenBytes: 20 * MB }));
    expect(result).toMatchObject({ exceeded: 'written', timedOut: false });
  });

  test('a command that is ended leaves a store that can be removed', async () => {
    const box = testBox();
    mkdirSync(join(box.root, 'a'));
    expect((await box.run('mkdir -p b/c; touch b/c/d; sleep 20', { timeoutMs: 500 })).timedOut).toBe(true);
  });
});
