import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { ActionReport } from '../../src/core/outcome.ts';
import { PASSPHRASE, type TestApp, testApp } from '../helpers/app.ts';
import { lacking } from '../helpers/needs.ts';
import { scratch } from '../helpers/scratch.ts';
import { describeWithMounts } from '../helpers/small-disk.ts';

const mounted: string[] = [];

afterEach(() => {
  for (const point of mounted.splice(0).toReversed()) spawnSync('umount', ['-l', point]);
});

function mount(point: string, ...options: string[]): string {
  mkdirSync(point, { recursive: true });
  execFileSync('mount', [...options, point]);
  mounted.push(point);
  return point;
}

const tmpfs = (point: string): string => mount(point, '-t', 'tmpfs', '-o', 'mode=700', 'homeostat-test');

/** A file system of its own in a file, which only a real root may mount. */
function ext4(point: string): string {
  const image = `${point}.img`;
  writeFileSync(image, Buffer.alloc(32 * 1024 * 1024));
  spawnSync('sh', ['-c', 'mkfs.ext4 -q "$1"', 'sh', image]);
  mkdirSync(point);
  if (spawnSync('mount', ['-o', 'loop', image, point]).status !== 0)
    lacking('needs loop devices: sudo modprobe loop, and root');
  mounted.push(point);
  return point;
}

/** The product on roots that are made below a folder of its own; state and roots lie on one file system. */
async function on(make: (base: string) => string[]): Promise<TestApp> {
  const place = scratch();
  const roots = make(place.base);
  writeFileSync(place.configFile, `roots: ${JSON.stringify(roots)}\n`);
  const first = await testApp({ on: place });
  const operator = await first.app.operator();
  await operator.enrol(PASSPHRASE, null);
  await operator.trustConfig({ passphrase: PASSPHRASE, terminal: false });
  await first.close();
  return testApp({ on: place });
}

async function changed(t: TestApp, command: string, cwd?: string): Promise<ActionReport> {
  const report = await t.act('run_command', { command, ...(cwd === undefined ? {} : { cwd }) });
  expect(report, JSON.stringify(report.error)).toMatchObject({ outcome: 'succeeded' });
  return report;
}

/** As an ordinary user a root with another file system in it is refused by name. */
const isMapped = !/^\s*0\s+0\s/.test(readFileSync('/proc/self/uid_map', 'utf8'));

async function refused(t: TestApp, disk: string): Promise<void> {
  const { error } = await t.act('run_command', { command: 'true', cwd: join(t.base, 'a') });
  expect(error).toMatchObject({ code: 'unsafe_root', message: expect.stringContaining(disk) });
  await t.close();
}

const guarantee = (report: ActionReport): unknown => (report.result as { guarantee: string }).guarantee;
const undone = async (t: TestApp, report: ActionReport): Promise<void> => {
  const { outcome } = await t.act('rollback', { id: report.snapshot_id ?? '' });
  expect(outcome).toBe('succeeded');
};
const made = (base: string, ...names: string[]): string[] =>
  names.map((name) => {
    mkdirSync(join(base, name), { recursive: true });
    return join(base, name);
  });

test.each([
  ['the outer one first', (base: string) => made(base, 'a', 'a/b')],
  ['the inner one first', (base: string) => made(base, 'a', 'a/b').toReversed()],
  ['the same one twice', (base: string) => [...made(base, 'a', 'a/b'), join(base, 'a')]],
])('roots in roots are one stage: %s', async (_, make) => {
  const t = await on(make);
  const report = await changed(t, `cd ${t.base}/a; echo 1 >x; echo 2 >b/y; mv b/y b/z`);
  expect(guarantee(report)).toMatch(/^Sandbox/);
  expect(readFileSync(join(t.base, 'a/b/z'), 'utf8')).toBe('2\n');
  await undone(t, report);
  expect(execFileSync('find', [join(t.base, 'a'), '-type', 'f'], { encoding: 'utf8' })).toBe('');
  await t.close();
});

test('a root that is reached by a link is the folder that it leads to', async () => {
  const t = await on((base) => {
    made(base, 'real');
    symlinkSync('real', join(base, 'link'));
    return [join(base, 'link')];
  });
  const report = await changed(t, 'pwd; echo 1 >x', join(t.base, 'link'));
  expect((report.result as { stdout: string }).stdout).toBe(`${join(t.base, 'real')}\n`);
  expect(guarantee(report)).toMatch(/^Sandbox/);
  await undone(t, report);
  expect(existsSync(join(t.base, 'real', 'x'))).toBe(false);
  await t.close();
});

test('what is written to a root through a link in another is that root’s', async () => {
  const t = await on((base) => made(base, 'a', 'b'));
  symlinkSync('../b', join(t.base, 'a', 'to'));
  const report = await changed(t, `echo 1 >${t.base}/a/to/x`);
  expect(report.effects?.changes.map(({ path }) => path)).toEqual([join(t.base, 'b', 'x')]);
  await undone(t, report);
  expect(existsSync(join(t.base, 'b', 'x'))).toBe(false);
  await t.close();
});

describeWithMounts('roots and file systems', import.meta.filename, () => {
  test('a root on another file system has its stage there, and several are one transaction', async () => {
    const t = await on((base) => [...made(base, 'a'), ...made(tmpfs(join(base, 'disk')), 'b')]);
    const report = await changed(t, `cd ${t.base}; echo 1 >a/x; echo 2 >disk/b/y; cat a/x disk/b/y`);
    expect(report.result).toMatchObject({ stdout: '1\n2\n', guarantee: expect.stringMatching(/^Sandbox/) });
    expect(readFileSync(join(t.base, 'disk/b/y'), 'utf8')).toBe('2\n');
    await undone(t, report);
    expect(existsSync(join(t.base, 'a/x')) || existsSync(join(t.base, 'disk/b/y'))).toBe(false);
    await t.close();
  });

  test('on an ext4 of its own as well', async () => {
    const t = await on((base) => made(ext4(join(base, 'disk')), 'b'));
    writeFileSync(join(t.base, 'disk/b/old'), 'old');
    const report = await changed(t, 'mkdir d; mv old d/new; ln d/new again', join(t.base, 'disk/b'));
    expect(guarantee(report)).toMatch(/^Sandbox/);
    await undone(t, report);
    expect(readFileSync(join(t.base, 'disk/b/old'), 'utf8')).toBe('old');
    await t.close();
  });

  test('a root that is a whole file system has no stage, and the result says so', async () => {
    const t = await on((base) => [tmpfs(join(base, 'disk'))]);
    writeFileSync(join(t.base, 'disk', 'old'), 'old');
    // Without a stage a line is decided on what it says.
    const report = await changed(t, 'echo 1 >x', join(t.base, 'disk'));
    expect(guarantee(report)).toMatch(/^No sandbox: the roots were snapshotted/);
    await undone(t, report);
    expect(existsSync(join(t.base, 'disk', 'x'))).toBe(false);
    await t.close();
  });

  test('another file system in a root is read, and not written to', async () => {
    const t = await on((base) => made(base, 'a'));
    const disk = tmpfs(join(t.base, 'a', 'disk'));
    writeFileSync(join(disk, 'there'), 'there');
    if (isMapped) return refused(t, disk);
    const report = await changed(t, 'cat disk/there; echo 1 >x; ! echo 2 >disk/y', join(t.base, 'a'));
    expect(report.result).toMatchObject({
      stdout: 'there',
      stderr: expect.stringContaining('Read-only file system'),
    });
    expect(existsSync(join(disk, 'y'))).toBe(false);
    for (const command of ['rm -rf disk', 'mv disk gone'])
      expect((await t.act('run_command', { command, cwd: join(t.base, 'a') })).outcome).not.toBe('succeeded');
    expect(readFileSync(join(disk, 'there'), 'utf8')).toBe('there');
    await undone(t, report);
    await t.close();
  });

  test('a root in another file system in a root is part of the outer one, and so read-only too', async () => {
    const t = await on((base) => {
      const [a = ''] = made(base, 'a');
      return [a, ...made(tmpfs(join(a, 'disk')), 'b')];
    });
    if (isMapped) return refused(t, join(t.base, 'a', 'disk'));
    const report = await changed(t, 'echo 1 >x; ! echo 2 >disk/b/y', join(t.base, 'a'));
    expect(guarantee(report)).toContain(`in the roots were read-only: ${join(t.base, 'a', 'disk')}`);
    const written = await t.act('write_file', { path: join(t.base, 'a/disk/b/y'), content: '2' });
    expect(written).toMatchObject({ error: { code: 'no_store' } });
    expect(existsSync(join(t.base, 'a/disk/b/y'))).toBe(false);
    await t.close();
  });

  test('the same folder as two roots is never half written', async () => {
    const t = await on((base) => {
      const [a = '', b = ''] = made(base, 'a', 'b');
      mount(b, '--bind', a);
      return [a, b];
    });
    const report = await changed(t, `echo 1 >${t.base}/a/x`);
    expect(readFileSync(join(t.base, 'b', 'x'), 'utf8')).toBe('1\n');
    await undone(t, report);
    const both = await t.act('run_command', { command: `echo 1 >${t.base}/a/x; echo 2 >${t.base}/b/x` });
    expect(both.outcome).not.toBe('succeeded');
    expect(existsSync(join(t.base, 'a', 'x'))).toBe(false);
    await t.close();
  });
});
