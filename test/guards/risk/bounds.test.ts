import { expect, test } from 'vitest';
import { assess, CONTEXT, ROOT } from '../../helpers/assess.ts';
import { assessCommand } from '../../../src/guards/risk/assess-command.ts';
import { rank } from '../../../src/core/risk.ts';
import { cpuMs } from '../../helpers/cpu.ts';

const MANY = 10_000;

const nested = (open: string, inner: string, close: string, times = MANY): string =>
  open.repeat(times) + inner + close.repeat(times);

const functions = Array.from({ length: 12 }, (_, i) => `f${i + 1}(){ f${i}; f${i}; }`).join('; ');

const LINES: readonly (readonly [string, string])[] = [
  ['a megabyte', `echo ${'a'.repeat(1_000_000)}`],
  ['command substitutions', nested('$(', 'x', ')')],
  ['subshells', nested('(', 'x', ')')],
  ['groups', nested('{ ', 'x;', ' }')],
  ['backticks', '`'.repeat(MANY)],
  ['default values', nested('"${x:-', 'y', '}"')],
  ['process substitutions', nested('<(', 'x', ')')],
  ['here-documents', 'cat <<E\n'.repeat(MANY) + 'E\n'],
  ['different here-documents', Array.from({ length: 1800 }, (_, i) => `cat <<E${i}\nx\nE${i}\n`).join('')],
  ['a long sum', `echo $((${'1+'.repeat(MANY * 4)}1))`],
  ['words', `echo ${'a '.repeat(100_000)}`],
  ['commands', 'a;'.repeat(50_000)],
  ['commands of some length', 'rm a;'.repeat(6000)],
  ['commands that run commands', `${'sudo '.repeat(6000)}rm`],
  ['paths', `rm ${Array.from({ length: 5000 }, (_, i) => `f${i}`).join(' ')}`],
  ['patterns', `rm ${'*a '.repeat(MANY)}`],
  ['redirections', `a ${'>b '.repeat(MANY)}`],
  ['loops within loops', `${'for i in 1 2 3 4 5 6 7 8 9 0;do '.repeat(6)}rm $i;${'done;'.repeat(6)}`],
  ['functions that call each other twice', `f0(){ rm a; }; ${functions}; f12`],
  ['alternatives', `${'a=b||a=c;b=c||b=d;'.repeat(8)}${'rm $a$b;'.repeat(1000)}`],
];

test.each(LINES)('too many %s are refused, and with a reason', (_, line) => {
  const { level, factors } = assess(line);
  expect(rank(level)).toBeGreaterThanOrEqual(rank('HIGH'));
  expect(factors.find(({ rule }) => rule === 'not-understood')?.reason).toMatch(/^It cannot be understood: /);
});

test.each(LINES)('too many %s cost little time', (_, line) => {
  expect(cpuMs(() => assess(line))).toBeLessThan(2000);
});

test('the machine is asked once for each thing', () => {
  const asked: string[] = [];
  const real = (path: string): string => {
    asked.push(path);
    return path;
  };
  assessCommand('rm a; rm a; cat a > b; rm b', ROOT, {}, { ...CONTEXT, real });
  expect(asked).toContain(`${ROOT}/a`);
  expect(asked.filter((path, i) => asked.indexOf(path) !== i)).toEqual([]);
});

test('what a chain of functions does is found at its end', () => {
  const chain = Array.from({ length: 12 }, (_, i) => `f${i + 1}(){ f${i}; }`).join('; ');
  expect(assess(`f0(){ rm -rf /; }; ${chain}; f12`).level).toBe('DESTRUCTIVE');
});

test('a script of many ordinary lines is followed to its end', () => {
  const lines = Array.from(
    { length: 100 },
    (_, i) => `echo step ${i}; cat file${i}.txt | grep -c x > out.txt`,
  );
  expect(assess(`${lines.slice(0, 40).join('\n')}\nrm -rf /`).level).toBe('DESTRUCTIVE');
});
