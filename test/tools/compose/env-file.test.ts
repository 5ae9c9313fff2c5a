import { expect, test } from 'vitest';
import { parseEnvFile } from '../../../src/core/env-file.ts';
import { withVariables } from '../../../src/tools/compose/edit/env-file.ts';

const CHANGED: readonly [name: string, text: string, set: Record<string, string | null>, now: string][] = [
  ['a plain value', 'A=1\nB=2\n', { A: '3' }, 'A=3\nB=2\n'],
  [
    'comments and blanks stay',
    '# a\n\n  export A = 1   # why\nB=2',
    { A: 'x' },
    '# a\n\n  export A = x   # why\nB=2',
  ],
  ['what looks like a comment and is the value', 'A= # none\n', { A: 'x' }, 'A= x\n'],
  ['a backslash at the end, which would open the quotes again', 'A=1\n', { A: 'C:\\x\\' }, 'A=C:\\x\\\n'],
  ['quotes over lines', 'A="1\n2" # two\nB=3\n', { A: '4' }, 'A=4 # two\nB=3\n'],
  ['CRLF and a byte order mark', "\uFEFFA=1\r\nB='2'\r\n", { A: '3', B: '4' }, '\uFEFFA=3\r\nB=4\r\n'],
  ['a new one behind a last line that is open', 'A=1', { B: 'b c' }, "A=1\nB='b c'\n"],
  ['a new one in CRLF', 'A=1\r\n', { B: '' }, 'A=1\r\nB=\r\n'],
  ['a new file', '', { A: '1' }, 'A=1\n'],
  ['what has a meaning is quoted', 'A=1\n', { A: 'p#$\\"x' }, "A='p#$\\\"x'\n"],
  ['a single quote', 'A=1\n', { A: 'it\'s "so"' }, 'A="it\'s \\"so\\""\n'],
  ['the one that holds of two', 'A=1\nA=2\n', { A: '3' }, 'A=1\nA=3\n'],
  ['taken out wherever it is set', 'A=1\nB=2\nA="3\n4"\nC=5\n', { A: null }, 'B=2\nC=5\n'],
  ['taken out at the top of a marked file', '\uFEFFA=1\nB=2\n', { A: null }, '\uFEFFB=2\n'],
];

test.each(CHANGED)('%s', (_, text, set, now) => {
  expect(withVariables(text, set)).toBe(now);
});

test.each([
  ['a single quote with what is filled in', "it's $HOME"],
  ['a single quote and a backslash', "it's \\n"],
])('%s is refused, since it would be read as something else', (_, value) => {
  expect(() => withVariables('A=1\n', { A: value })).toThrow(
    expect.objectContaining({ code: 'edit_refused' }),
  );
});

test('an unclosed quote takes the rest of the file, so that nothing is set behind it', () => {
  expect(() => withVariables('A="1\nB=2\n', { B: '3' })).toThrow(
    expect.objectContaining({ code: 'edit_refused' }),
  );
});

test('each value stands where its place says', () => {
  const text = '\uFEFFexport A = 1 # c\r\nB="x\r\ny"\r\nC=\'z\'\r\n';
  const places = [...parseEnvFile(text).values()].map(({ from, to }) => text.slice(from, to));
  expect(places).toEqual(['1', '"x\r\ny"', "'z'"]);
});
