import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { BoxRequest, RunningBox } from '../../../src/core/sandbox.ts';
import { type TestBox, describeSandbox, testBox } from '../../helpers/box.ts';
import { eventually, processesWith } from '../../helpers/processes.ts';

interface Started extends RunningBox {
  said(): string;
}

async function start(t: TestBox, line: string, more: Partial<BoxRequest> = {}): Promise<Started> {
  let said = '';
  const box = await t.sandbox.start({
    line,
    cwd: t.root,
    env: {},
    actionId: 'started',
    network: false,
    session: join(t.base, 'session'),
    limits: { processes: 50, memoryBytes: 5e8, cpuSeconds: 1e6, writtenBytes: 1e8 },
    roots: [t.root],
    writes: [],
    closed: [],
    onOutput: (_, chunk) => (said += Buffer.from(chunk).toString()),
    ...more,
  });
  return { ...box, said: () => said };
}

describeSandbox('what goes on in a box', 'test/host/sandbox/start-box.test.ts', () => {
  test('writes where it may, and nowhere else', async () => {
    const t = testBox();
    for (const folder of ['out/closed', 'out/between/kept', 'rest', '.ssh'])
      mkdirSync(join(t.root, folder), { recursive: true });
    writeFileSync(join(t.root, 'out/between/kept/file'), 'as it was');
    symlinkSync(t.home, join(t.root, 'out/away'));
    const tries = [
      'echo x > rest/f',
      'echo x > new',
      'echo x > out/closed/f',
      'rm -r out/closed',
      'mv out/closed out/c',
      'echo x > out/between/kept/file',
      'mv out/between out/b',
      'mv out/between/kept out/between/k',
      'echo x > out/away/f',
      `echo x > ${t.home}/f`,
      `echo x > ${t.base}/f`,
      'ln rest/../out/between/kept/file out/link',
      'umount out/closed',
      'mount -o remount,rw,bind rest',
    ];
    const line = `${tries.map((one) => `(${one}) 2>/dev/null && echo "${one}"`).join('; ')}; echo x > out/f; echo x > out/between/f; echo end`;
    const closed = ['out/closed', 'out/between/kept'].map((path) => join(t.root, path));
    const box = await start(t, line, { writes: [join(t.root, 'out')], closed });
    expect(await box.ended).toMatchObject({ exitCode: 0, exceeded: null });
    expect(box.said()).toBe('end\n');
    expect(readdirSync(join(t.root, 'out')).toSorted()).toEqual(['away', 'between', 'closed', 'f']);
    expect(readFileSync(join(t.root, 'out/between/kept/file'), 'utf8')).toBe('as it was');
    expect(existsSync(join(t.root, 'out/between/f'))).toBe(true);
  });

  test('goes on after the call that started it, and leaves nothing when it is stopped', async () => {
    const t = testBox();
    const box = await start(t, '(setsid sleep 631 &) ; trap "" TERM; echo up; while :; do sleep 0.1; done');
    await eventually(() => box.said() === 'up\n', 'it runs');
    box.stop(50);
    expect(await box.ended).toMatchObject({ exitCode: null, exceeded: null });
    expect(processesWith('sleep\x00631')).toEqual([]);
  });

  test('what cannot be built is told', async () => {
    const t = testBox();
    await expect(start(t, 'true', { writes: [join(t.root, 'nowhere')] })).rejects.toMatchObject({
      code: 'unsafe_root',
    });
  });
});
