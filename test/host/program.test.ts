import { closeSync, openSync, readFileSync } from 'node:fs';
import koffi from 'koffi';
import { expect, test } from 'vitest';
import { type Program, start } from '../../src/host/program.ts';

async function said(program: Program): Promise<string[]> {
  const texts = ['', '', ''];
  for (const [index, end] of [1, 2, 4].entries())
    program.ends[end as 1].on('data', (chunk: Buffer) => (texts[index] += chunk.toString()));
  await program.ended;
  return texts;
}

const shell = (line: string): Program =>
  start('/bin/sh', ['sh', '-c', line], { PATH: '/usr/bin:/bin', A: 'b c' });

test.runIf(process.platform === 'linux')(
  'a program has its six descriptors, its variables, and nothing of this process',
  async () => {
    const opened = openSync('/dev/null', 'r');
    // One that stays open across exec, as a library may have.
    const fd = (koffi.load(null).func('int dup(int)') as (fd: number) => number)(opened);
    try {
      const program = shell('cat; cat <&3 >&4; cat <&5 >&2; env; grep SigIgn /proc/$$/status');
      program.ends[0].end('zero\n');
      program.ends[3].end('three');
      program.ends[5].end('five ');
      const [output = '', errors, status] = await said(program);
      expect(errors).toBe('five ');
      expect(status).toBe('three');
      expect(
        output
          .split('\n')
          .filter((line) => !/^(PWD|_|SHLVL|OLDPWD)=/.test(line))
          .toSorted(),
      ).toEqual(['', 'A=b c', 'PATH=/usr/bin:/bin', 'SigIgn:\t0000000000000000', 'zero']);
      // The last one is the folder that it reads.
      const [own] = await said(start('/bin/ls', ['ls', '/proc/self/fd'], {}));
      expect(own).toBe('0\n1\n2\n3\n4\n5\n6\n');
      expect(program.hasEnded()).toBe(true);
      expect(() => readFileSync(`/proc/${program.pid}/status`)).toThrow('ENOENT');
    } finally {
      for (const each of [opened, fd]) closeSync(each);
    }
  },
);

test.runIf(process.platform === 'linux')('it can be killed, and is let go of', async () => {
  const program = shell('exec sleep 1000');
  program.kill();
  await program.ended;
  expect(program.hasEnded()).toBe(true);
  // Its number may be another's by now: nothing is killed.
  program.kill();
});

test.runIf(process.platform === 'linux')('what cannot be started says so, and leaves nothing open', () => {
  const count = (): number => openSync('/dev/null', 'r');
  const before = count();
  closeSync(before);
  expect(() => start('/nowhere/to/be/found', ['x'], {})).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  const after = count();
  closeSync(after);
  expect(after).toBe(before);
});
