import { fc } from '../../helpers/seeded.ts';
import { expect, test } from 'vitest';
import { rank } from '../../../src/core/risk.ts';
import { parseShell } from '../../../src/guards/risk/shell/parse.ts';
import { assess } from '../../helpers/assess.ts';

const word = fc.oneof(
  fc.constantFrom(
    'ls',
    'cat',
    'rm',
    'sort',
    'find',
    'sed',
    'git',
    'cd',
    'echo',
    'make',
    '-rf',
    '-o',
    '--',
    '*',
    '.',
    '/etc',
  ),
  fc.constantFrom(
    '$X',
    '"$X"',
    '$(ls)',
    "'a b'",
    '.env',
    'a.txt',
    '2>&1',
    '> out',
    '&&',
    '|',
    ';',
    'PATH=x',
    '~',
    's/a/b/',
  ),
  fc.string({ maxLength: 6 }),
);
const line = fc.array(word, { minLength: 1, maxLength: 8 }).map((words) => words.join(' '));

const level = (text: string): number => rank(assess(text).level);

test('no text makes the assessor fail', () => {
  fc.assert(
    fc.property(fc.oneof(line, fc.string({ unit: 'binary', maxLength: 200 })), (text) => {
      expect(assess(text).score).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 1000 },
  );
});

test.each(['+ ${', '~ ${ ls', 'echo ${| x'])(
  'what follows an expansion that is not closed is not understood: %s',
  (text) => {
    expect(level(`${text}\nrm -rf /`)).toBeGreaterThanOrEqual(rank('HIGH'));
  },
);

test('a destructive command after a line is never hidden by the line', () => {
  fc.assert(
    fc.property(line, (text) => {
      // A line that opens a quote, a comment or a here-document swallows what follows: then it is not understood or prints it.
      fc.pre(!/['"`\\#]|<</.test(text));
      expect(level(`${text}\nrm -rf /`)).toBeGreaterThanOrEqual(Math.max(level(text), rank('HIGH')));
      expect(level(`${text}; rm -rf /`)).toBeGreaterThanOrEqual(Math.min(level(text), rank('HIGH')));
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['a substitution', (text: string) => `echo "$(\n${text}\n)"`],
  ['a subshell', (text: string) => `(\n${text}\n)`],
  ['a group', (text: string) => `{\n${text}\n}`],
  ['a condition', (text: string) => `if true; then\n${text}\nfi`],
  ['a function', (text: string) => `held() {\n${text}\n}; held`],
  ['a background job', (text: string) => `(\n${text}\n) &`],
])('wrapping in %s never lowers the level', (_, wrap) => {
  fc.assert(
    fc.property(line, (text) => {
      // A line that is none by itself may close what it is wrapped in; a last backslash eats the line break;
      // a function has parameters of its own.
      fc.pre('script' in parseShell(text) && !/<<|\\$|\$[\d@*#]/.test(text));
      expect(level(wrap(text))).toBeGreaterThanOrEqual(level(text));
    }),
    { numRuns: 300 },
  );
});

test('what is too long, too deep or too much is not understood, and quickly', () => {
  const not = (text: string): void => {
    expect(assess(text).level).not.toBe('SAFE');
    expect(assess(text).reversibility).toBe('irreversible');
  };
  not('a'.repeat(100_001));
  not('ls;'.repeat(3000));
  not('$('.repeat(5000) + 'ls' + ')'.repeat(5000));
  not('echo ' + '$(echo '.repeat(2000) + 'x' + ')'.repeat(2000));
  not('('.repeat(9000) + 'ls' + ')'.repeat(9000));
  not('{ '.repeat(6000) + 'ls');
  not('`'.repeat(9999));
  not('"${x:-'.repeat(3000));
  not('cd a;'.repeat(200) + 'rm b');
});

test('no rule takes long over a long argument', () => {
  for (const text of [
    `sed '${'s/a/b/;'.repeat(2800)}' x`,
    `sed 's/${'\\a'.repeat(9000)}`,
    `sed '${'/'.repeat(19_000)}' x`,
    `set ${'-e '.repeat(6000)}x`,
    `date ${'-d a '.repeat(3900)}-s`,
    `git log ${'-5 '.repeat(6000)}x`,
    `sort ${'-'.repeat(19_000)}`,
    `find ${'a -'.repeat(4900)}`,
    `git push ${' +'.repeat(9000)}`,
    `python3 -c '${'rm '.repeat(6000)}'`,
    `python3 -c '${'rm -a '.repeat(3000)}'`,
  ]) {
    const started = performance.now();
    assess(text);
    // Far above what it takes on a slow machine, far below what backtracking would.
    expect(performance.now() - started).toBeLessThan(10_000);
  }
});
