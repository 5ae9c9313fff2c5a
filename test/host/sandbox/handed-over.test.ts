import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeSandbox, testBox } from '../../helpers/box.ts';

/** Takes what comes through a socket in the shared /tmp, and holds it until it is told to end. */
const TAKER = `python3 -c "
import os, socket, time
server = socket.socket(socket.AF_UNIX); server.bind('/tmp/taker'); server.listen(1)
taken, _ = server.accept()
if os.environ['HOW'] == 'received': taken.recvmsg(1, 100)
while not os.path.exists('/tmp/enough'): time.sleep(0.02)
"`;

const GIVER = `python3 -c "
import array, os, socket, time
os.mkdir('made'); open('made/file', 'w').write('fine')
handed = os.open(os.environ['WHAT'], os.O_RDONLY)
client = socket.socket(socket.AF_UNIX)
while client.connect_ex('/tmp/taker'): time.sleep(0.02)
client.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [handed]))])
"`;

describeSandbox('what a command hands to another', 'test/host/sandbox/handed-over.test.ts', () => {
  test.each([
    ['a new folder', 'received', 'made'],
    ['the root', 'received', '.'],
    ['a folder still on its way', 'waiting', 'made'],
  ])('%s (%s) is not let into the world', async (_, HOW, WHAT) => {
    const box = testBox();
    const taker = box.run(TAKER, { env: { HOW } });
    const giver = box.run(GIVER, { env: { WHAT } });
    await expect(giver).rejects.toThrow(/handed what it had opened/);
    writeFileSync(join(box.base, 'session', 'box', 'tmp', 'enough'), '');
    expect((await taker).exitCode).toBe(0);
  });

  test('nor what it hands to a process that goes on', async () => {
    const box = testBox();
    const request = { line: TAKER, cwd: box.root, env: { HOW: 'received' }, actionId: 'p', network: false };
    const limits = { processes: 50, memoryBytes: 1e9, cpuSeconds: 60, writtenBytes: 1e9 };
    const shown = { roots: [box.root], writes: [], closed: [], onOutput: () => undefined };
    const session = join(box.base, 'session');
    const running = await box.sandbox.start({ ...request, limits, ...shown, session });
    await expect(box.run(GIVER, { env: { WHAT: 'made' } })).rejects.toThrow(/handed what it had opened/);
    running.stop(0);
    await running.ended;
  });

  test('commands beside each other that hand over nothing are as they were', async () => {
    const box = testBox();
    const others = box.run('until [ -e /tmp/enough ]; do sleep 0.02; done');
    for (let i = 0; i < 3; i++) {
      const { exitCode } = await box.run('mkdir made; echo x >made/file; sleep 100 &');
      expect(exitCode).toBe(0);
      expect(existsSync(box.upper('made/file'))).toBe(true);
      expect(existsSync(join(box.upper(), '..', 'check'))).toBe(false);
    }
    writeFileSync(join(box.base, 'session', 'box', 'tmp', 'enough'), '');
    await others;
  });
});
