// Who waits for another process's turn is woken, and one that was killed while it waited keeps nobody waiting.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/app.ts';
import { openTurnBell } from '../../src/store/turn-bell.ts';
import { scratch } from '../helpers/scratch.ts';
import { describeWithMounts, smallDisk } from '../helpers/small-disk.ts';

/** Waits without ever trying by itself again, until a file says that it is its turn; says each try. */
const WAITER = `
  const [, program, bell, turn] = process.argv;
  const { existsSync, writeSync } = await import('node:fs');
  const { openTurnBell } = await import(program);
  const attempt = () => (writeSync(1, 'tried\\n'), existsSync(turn));
  process.exit(openTurnBell(bell, 1e6).until(attempt, 1e9) ? 0 : 1);
`;
const PROGRAM = join(PACKAGE_ROOT, 'dist/store/turn-bell.js');

function waiter(
  bell: string,
  turn: string,
): { child: ChildProcess; tried: Promise<unknown>; ended: Promise<unknown[]> } {
  const child = spawn(process.execPath, ['--input-type=module', '-e', WAITER, PROGRAM, bell, turn], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, tried: once(child.stdout, 'data'), ended: once(child, 'exit') };
}

const placed = (): { bell: string; turn: string } => {
  const { home } = scratch();
  return { bell: join(home, '..', 'bell'), turn: join(home, '..', 'turn') };
};

test.runIf(process.platform === 'linux')(
  'who waits is woken by the next turn’s end, and by nothing else',
  async () => {
    const { bell, turn } = placed();
    const own = openTurnBell(bell);
    onTestFinished(own.close);
    const { tried, ended, child } = waiter(bell, turn);
    await tried;
    own.ring();
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    writeFileSync(turn, '');
    own.ring();
    expect((await ended)[0]).toBe(0);
  },
);

test.runIf(process.platform === 'linux')('one that was killed while it waited is forgotten', async () => {
  const { bell, turn } = placed();
  writeFileSync(bell, Buffer.alloc(64, 0xff));
  const own = openTurnBell(bell);
  onTestFinished(own.close);
  const first = waiter(bell, turn);
  await first.tried;
  first.child.kill('SIGKILL');
  await first.ended;
  own.ring();
  expect(readFileSync(bell).readInt32LE(4)).toBe(0);
  const second = waiter(bell, turn);
  await second.tried;
  writeFileSync(turn, '');
  own.ring();
  expect((await second.ended)[0]).toBe(0);
});

describeWithMounts('where the disk is full', import.meta.filename, () => {
  test.each([false, true])('nobody is ended for want of room, whether the file was there: %s', (wasThere) => {
    const place = scratch();
    const disk = smallDisk(place);
    const bell = join(place.home, 'turn');
    if (wasThere) writeFileSync(bell, Buffer.alloc(0));
    disk.fill();
    // A process of its own: it would end by a signal.
    const script = `
      const { openTurnBell } = await import(process.argv[1]);
      const bell = openTurnBell(process.argv[2], 1);
      bell.ring();
      process.exit(bell.until(() => false, 30) ? 1 : 0);`;
    const { status, signal } = spawnSync(process.execPath, [
      '--input-type=module',
      '-e',
      script,
      PROGRAM,
      bell,
    ]);
    expect([status, signal]).toEqual([0, null]);
  });
});

test('who is woken by nobody tries again by himself, and not for ever', () => {
  const { bell } = placed();
  const own = openTurnBell(bell, 1);
  onTestFinished(own.close);
  let tries = 0;
  expect(own.until(() => ++tries === 20, 60_000)).toBe(true);
  expect(own.until(() => false, 30)).toBe(false);
});
