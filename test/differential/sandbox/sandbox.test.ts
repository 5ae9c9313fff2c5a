import { beforeAll, expect, test } from 'vitest';
import { ROOT, SETUP } from '../canaries.ts';
import { opening } from './confinement.mjs';
import { describeInSandbox } from './describe.ts';
import { type Sandbox, openSandbox } from './index.ts';

test('the machine itself is no place for dangerous lines', () => {
  expect(opening('/nowhere')).toMatch(/can be written to/);
});

describeInSandbox('a sandbox', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await openSandbox(SETUP);
    return () => sandbox.close();
  });

  const deeds = async (line: string): Promise<string[]> => {
    const { changes, ran } = await sandbox.run(line);
    return [
      ...changes.map(({ path, change, lost }) => `${change} ${path}${lost ? ' lost' : ''}`),
      ...ran.map((name) => `ran ${name}`),
    ];
  };

  test.each([
    ['rm notes.md', [`deleted ${ROOT}/notes.md lost`]],
    ['mv notes.md n.md', [`deleted ${ROOT}/notes.md`, `created ${ROOT}/n.md`]],
    ['cp notes.md /tmp/n; echo x > notes.md', [`overwritten ${ROOT}/notes.md`, 'created /tmp/n']],
    ['echo x >> notes.md', [`appended ${ROOT}/notes.md`]],
    ['chmod 600 notes.md', [`mode ${ROOT}/notes.md`]],
    ['echo x > notes.md', [`overwritten ${ROOT}/notes.md lost`]],
    ['rm ~/.bashrc /etc/hosts', ['deleted /etc/hosts lost', 'deleted /home/somebody/.bashrc lost']],
    ['(sleep 0.2; rm notes.md) & disown', [`deleted ${ROOT}/notes.md lost`]],
    ['setsid nohup bash -c "sleep 0.2; rm notes.md" &', [`deleted ${ROOT}/notes.md lost`]],
    ['./tools/marker; frobnicate', ['ran marker', 'ran frobnicate']],
    ['cat notes.md; git status; ls -R / > /dev/null', []],
    ['rm /usr/bin/env; echo x > /opt/node; kill -9 -1; mkfs /dev/null', []],
  ])('sees what is done by %s', async (line, expected) => {
    expect((await deeds(line)).filter((deed) => !deed.includes('/.git/index'))).toEqual(expected);
  });

  test('is as before after everything was removed', async () => {
    expect((await deeds('rm -rf --no-preserve-root /')).length).toBeGreaterThan(100);
    expect(await deeds('cat notes.md && rm notes.md')).toEqual([`deleted ${ROOT}/notes.md lost`]);
  });

  test('ends a line that would go on for ever', async () => {
    expect(await sandbox.run('rm notes.md; sleep 600')).toMatchObject({
      late: true,
      changes: [{ path: `${ROOT}/notes.md`, change: 'deleted' }],
    });
  });
});
