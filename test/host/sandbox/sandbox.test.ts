import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../../src/app.ts';
import { describeSandbox, testBox } from '../../helpers/box.ts';
import { isRoot } from '../../helpers/needs.ts';
import { eventually, processesWith } from '../../helpers/processes.ts';

describeSandbox('the sandbox', import.meta.filename, () => {
  test('what a command writes to a root lies in the upper layer and nowhere else', async () => {
    const box = testBox();
    writeFileSync(join(box.root, 'old'), 'old\n');
    const result = await box.run('cat old; echo new >old; mkdir -p a/b; echo made >a/b/c; pwd; id -u');
    expect(result).toMatchObject({
      stdout: `old\n${box.root}\n${process.getuid?.()}\n`,
      stderr: '',
      exitCode: 0,
      exceeded: null,
    });
    expect(readFileSync(join(box.root, 'old'), 'utf8')).toBe('old\n');
    expect(existsSync(join(box.root, 'a'))).toBe(false);
    expect(readFileSync(box.upper('old'), 'utf8')).toBe('new\n');
    expect(readFileSync(box.upper('a/b/c'), 'utf8')).toBe('made\n');
    expect(await box.sandbox.probe()).toMatchObject({ rung: isRoot ? 'root_overlay' : 'user_overlay' });
  });

  test('exit codes come through, output streams are kept apart, standard input is empty', async () => {
    const { run } = testBox();
    expect(await run('echo out; echo err >&2; exit 3')).toMatchObject({
      stdout: 'out\n',
      stderr: 'err\n',
      exitCode: 3,
      signal: null,
      timedOut: false,
    });
    expect(await run('kill -TERM $$')).toMatchObject({ exitCode: 143 });
    expect(await run('sh -c "kill -9 \\$\\$"; echo $?')).toMatchObject({ stdout: '137\n', exitCode: 0 });
    expect(await run('cat; read -r x; echo "[$x]"')).toMatchObject({ stdout: '[]\n' });
    expect(await run('no-such-program')).toMatchObject({ exitCode: 127 });
    const many = await run('seq 100000', { outputBytes: 1000 });
    expect(many.stdout).toContain(`[… ${many.omittedBytes} bytes left out here …]`);
  });

  test('home, /tmp and caches are private, writable, and live on', async () => {
    const box = testBox();
    const { stdout } = await box.run(
      'echo $HOME; ls ~; ls /tmp /var/tmp; echo 1 >~/kept; echo 2 >/tmp/kept; echo 3 >/var/tmp/kept; echo 4 >~/.npm/kept',
    );
    expect(stdout).toContain('/run/homeostat/home');
    expect((await box.run('cat ~/kept /tmp/kept /var/tmp/kept ~/.npm/kept')).stdout).toBe('1\n2\n3\n4\n');
    expect(existsSync('/tmp/kept') || existsSync('/var/tmp/kept') || existsSync(join(box.home, 'kept'))).toBe(
      false,
    );
    expect(
      (await testBox({ in: box.base }).run('cat ~/.npm/kept', { session: join(box.base, 'root') })).stdout,
    ).toBe('4\n');
  });

  test('git knows the person’s name, and nothing else of their configuration', async () => {
    const box = testBox();
    writeFileSync(
      join(box.home, '.gitconfig'),
      '[user]\n\tname = "A \\"B\\" C"\n\temail = a@b\n[credential]\n\thelper = !touch /tmp/ran\n[alias]\n\tx = !touch /tmp/ran\n',
    );
    const { stdout } = await box.run(
      'git config user.name; git config user.email; git config --get-all credential.helper; git x; git init -q . && git commit -q --allow-empty -m x && git log --format=%an; ls /tmp',
    );
    expect(stdout).toBe('A "B" C\na@b\nA "B" C\n');
  });

  test('several roots at once, one inside the other, one in /tmp', async () => {
    const box = testBox();
    const inner = join(box.root, 'inner');
    const base = realpathSync(mkdtempSync(join(isRoot ? tmpdir() : '/tmp', 'homeostat-box-')));
    const other = testBox({ in: base });
    mkdirSync(inner);
    const layer = (root: string, name: string): { root: string; folder: string } => ({
      root,
      folder: join(box.base, 'store', name),
    });
    const layers = [
      layer(inner, 'i'),
      layer(box.root, 'o'),
      { root: other.root, folder: join(base, 'store', 'x') },
    ];
    const result = await box.run(
      `echo 1 >inner/a; echo 2 >b; echo 3 >${other.root}/c; echo 4 >${base}/d; echo 5 >/tmp/e`,
      { layers },
    );
    expect(result.stderr).toContain(`${base}/d: Read-only file system`);
    expect(readFileSync(join(box.base, 'store', 'o', 'upper', 'inner', 'a'), 'utf8')).toBe('1\n');
    expect(readFileSync(join(box.base, 'store', 'o', 'upper', 'b'), 'utf8')).toBe('2\n');
    expect(readFileSync(join(base, 'store', 'x', 'upper', 'c'), 'utf8')).toBe('3\n');
    expect(lstatSync(join(box.base, 'store', 'i', 'upper')).isDirectory()).toBe(true);
  });

  test('odd names of roots are names', async () => {
    const box = testBox();
    const root = join(box.base, 'a,b:c\\d "e" \'f\' $g ü');
    mkdirSync(root);
    const result = await box.run('echo x >made', {
      cwd: root,
      layers: [{ root, folder: join(box.base, 'store', 'h,i:j k') }],
    });
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(existsSync(join(box.base, 'store', 'h,i:j k', 'upper', 'made'))).toBe(true);
  });

  test('a root that is a link, or is gone, is refused; so is /tmp as a whole', async () => {
    const box = testBox();
    symlinkSync(box.root, join(box.base, 'link'));
    for (const root of [join(box.base, 'link'), join(box.base, 'gone')])
      await expect(
        box.run('true', { layers: [{ root, folder: join(box.base, 'store', 'x') }] }),
      ).rejects.toMatchObject({ code: 'unsafe_root' });
    await expect(
      box.run('true', { layers: [{ root: '/tmp', folder: join(box.base, 'store', 'x') }] }),
    ).rejects.toMatchObject({ code: 'unsafe_root' });
  });

  test('what cannot be overlaid is refused by name, and nothing runs', async () => {
    const box = testBox();
    // The work folder has to lie on the upper's file system.
    mkdirSync(join(box.base, 'store', 'x', 'upper'), { recursive: true });
    symlinkSync('/dev/shm', join(box.base, 'store', 'x', 'work'));
    await expect(
      box.run('echo ran >~/ran', { layers: [{ root: box.root, folder: join(box.base, 'store', 'x') }] }),
    ).rejects.toMatchObject({ code: 'unsafe_root', message: expect.stringContaining(box.root) });
    expect((await box.run('ls ~')).stdout).not.toContain('ran');
  });

  test('time-out and cancellation end all of it at once', async () => {
    const box = testBox();
    const mark = `mark${process.pid}`;
    const result = await box.run(`trap "" TERM; (setsid sleep 1000 ${mark} &) ; sleep 1001`, {
      timeoutMs: 700,
      env: { MARK: mark },
    });
    expect(result).toMatchObject({ timedOut: true, exitCode: null, signal: 'SIGKILL' });
    expect(processesWith(mark)).toEqual([]);
    for (const delay of [0, 3, 6, 9, 12, 20, 300]) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), delay);
      const cancelled = await box.run('sleep 1000', { signal: controller.signal, env: { MARK: mark } });
      expect(cancelled).toMatchObject({ cancelled: true, exitCode: null });
      expect(processesWith(mark)).toEqual([]);
    }
  });

  test('loopback is up in the box', async () => {
    const { run } = testBox();
    const script = `const s=require('net').createServer(c=>c.end('hello')).listen(0,'127.0.0.1',()=>require('net').connect(s.address().port,'127.0.0.1').on('data',d=>{console.log(String(d));s.close()}))`;
    expect((await run(`${process.execPath} -e "${script}"`)).stdout).toBe('hello\n');
  });

  test('a server that is killed takes the box with it, whenever that is', async () => {
    const { base } = testBox();
    const mark = `killed${process.pid}`;
    const script = join(PACKAGE_ROOT, 'test', 'helpers', 'boxed-sleep.mjs');
    for (const delay of [0, 5, 10, 15, 20, 30, 200]) {
      const server = spawn(process.execPath, [
        script,
        PACKAGE_ROOT,
        base,
        `setsid sleep 1000 & sleep 1000; : ${mark}`,
      ]);
      await new Promise((resolve) => server.stdout.once('data', resolve));
      await sleep(delay);
      server.kill('SIGKILL');
      await eventually(() => processesWith(mark).length === 0, 'the box ends');
    }
  });

  test('nothing is mounted outside', async () => {
    const { base, run } = testBox();
    await run('true');
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(base);
  });
});
