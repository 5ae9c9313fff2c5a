import { execFileSync } from 'node:child_process';
import { existsSync, statSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testApp } from '../../helpers/app.ts';
import { describeSandbox } from '../../helpers/box.ts';
import { isRoot } from '../../helpers/needs.ts';

describeSandbox('what an ordinary user may do less', 'test/host/sandbox/ordinary-user.test.ts', () => {
  test.each(['mkdir -p e/g; touch e/g/h; chmod 600 e', 'mkdir e; touch e/h; chmod 000 e'])(
    'a folder that its owner may not look into is refused by name: %s',
    async (command) => {
      const t = await testApp();
      const report = await t.act('run_command', { command });
      if (isRoot) expect(report).toMatchObject({ outcome: 'succeeded' });
      else expect(report).toMatchObject({ outcome: 'failed', error: { code: 'command_failed' } });
      if (!isRoot) expect(report.error?.message).toContain(join(t.root, 'e'));
      expect(existsSync(join(t.root, 'e'))).toBe(isRoot);
      expect((await t.act('run_command', { command: 'touch after' })).outcome).toBe('succeeded');
      await t.close();
    },
  );

  test('a folder that was there may be closed, and opened again', async () => {
    const t = await testApp();
    mkdirSync(join(t.root, 'd'));
    writeFileSync(join(t.root, 'd', 'f'), 'x');
    for (const [command, mode] of [
      ['chmod 600 d', 0o600],
      ['chmod 700 d', 0o700],
    ] as const) {
      expect(await t.act('run_command', { command })).toMatchObject({ outcome: 'succeeded' });
      expect(statSync(join(t.root, 'd')).mode & 0o777).toBe(mode);
    }
    await t.close();
  });

  test('a clone of a path works, or says how', async () => {
    const t = await testApp();
    const git = 'git -c user.name=a -c user.email=b@c';
    const make = `mkdir p; cd p; ${git} init -q .; touch a; ${git} add a; ${git} commit -qm x`;
    execFileSync('bash', ['-ec', make], { cwd: t.root });
    const report = await t.act('run_command', { command: 'git clone -q p q' });
    if (isRoot) expect(report).toMatchObject({ outcome: 'succeeded' });
    else expect(report.error?.next).toContain('--no-hardlinks');
    const command = 'git clone -q --no-hardlinks p r';
    expect(await t.act('run_command', { command })).toMatchObject({ outcome: 'succeeded' });
    await t.close();
  });
});
