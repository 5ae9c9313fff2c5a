import { expect, test } from 'vitest';
import { FROM, known, unknown } from '../../../../src/guards/risk/shell/value.ts';
import { checkSubscript } from '../../../../src/guards/risk/shell/arithmetic.ts';
import { fields, single } from '../../../../src/guards/risk/shell/words.ts';
import { shown, TestScope, wordsOf } from './scope.ts';
import { cpuMs } from '../../../helpers/cpu.ts';

const list = (...texts: string[]): Map<string, ReturnType<typeof known>> =>
  new Map(texts.map((text, i) => [String(i), known(text)]));

const scope = (): TestScope =>
  new TestScope(
    { x: known('abc'), s: known('a b'), e: known(''), n: known('5'), r: known('x'), a: list('p q', 'r') },
    ['one', 'two words'],
  );

test.each([
  ["'a b' c\\ d", ['a b', 'c d']],
  ['$s "$s" $e "$e"', ['a', 'b', 'a b', '']],
  ['{a,b{1..3}}c', ['ac', 'b1c', 'b2c', 'b3c']],
  ['~ ~/x ~root x=~/y', ['/root', '/root/x', '/root', 'x=/root/y']],
  ['"$@" $*', ['one', 'two words', 'one', 'two', 'words']],
  ['"${a[@]}" "${a[*]}" ${#a[@]} ${!a[@]}', ['p q', 'r', 'p q r', '2', '0', '1']],
  ['${u:-d} ${x:-d} ${u:=f} $u ${x:+y}', ['d', 'abc', 'f', 'f', 'y']],
  [
    '${x#a} ${x%?} ${x/b/-} ${x:1} ${x: -1} ${x^^} ${#x} ${!r}',
    ['bc', 'ab', 'a-c', 'bc', 'c', 'ABC', '3', 'abc'],
  ],
  ['$((n*2+1)) $((0x1f)) $((8#17)) $((n?7:8))', ['11', '31', '15', '7']],
  ['$(echo a  b) "$(printf %s "a  b")"', ['a', 'b', 'a  b']],
  ["$'a\\x62'", ['ab']],
])('expands %s', (line, expected) => {
  expect(shown(`f ${line}`, scope())).toEqual(expected);
});

const hidden = 'x[$(rm y)]';

test.each([
  '$((t))',
  '$((t + 1))',
  '$(($t))',
  '$((via))',
  '$(( $(cat f) ))',
  '${x:t}',
  '${x:0:t}',
  '${a[t]}',
  '${a[$t]}',
  '${!t}',
  '${!h}',
  '${x@P}',
  '$((h))',
  '$((a[h] = 1))',
  '$((1 ? t : 0))',
  '$((h && 1))',
  '$((double))',
])('tells that a text is evaluated: %s', (line) => {
  const evaluating = new TestScope({
    ...Object.fromEntries(scope().held),
    t: known(hidden),
    via: known('t'),
    h: unknown(FROM.input),
    double: known('double + double'),
  });
  for (const word of wordsOf(`f ${line}`)) fields(word, evaluating);
  expect(evaluating.evaluated).toEqual([line]);
});

test.each([
  '$((n))',
  '$((a[0] ? n : 1))',
  '$((RANDOM % 5))',
  '${x:n}',
  '$(($# + $?))',
  '$((0 && t))',
  '$((i + 1))',
])('evaluates nothing hidden: %s', (line) => {
  const plain = new TestScope({
    n: known('5'),
    x: known('abc'),
    a: list('1'),
    t: known(hidden),
    i: { ...unknown(), number: true },
  });
  for (const word of wordsOf(`f ${line}`)) fields(word, plain);
  expect(plain.evaluated).toEqual([]);
});

test('a subscript that a builtin is given is looked into', () => {
  const looked = scope();
  checkSubscript(known(hidden), looked, 'unset');
  checkSubscript(known('a[n + 1]'), looked, 'harmless');
  checkSubscript(known('plain'), looked, 'harmless');
  expect(looked.evaluated).toEqual(['unset']);
});

test.each([
  ['$h', { text: '\u{FFFC}', splits: true }],
  ['"$h"', { text: '\u{FFFC}', splits: false }],
  ['"a$h"', { text: 'a\u{FFFC}', splits: false }],
  ['${h:-rm}', { text: '\u{FFFC}', splits: true }],
  ['"${h#a}"', { text: '\u{FFFC}', splits: false }],
  ['"${x/b/$h}"', { text: 'a\u{FFFC}c', splits: false }],
  ['$(($h + 1))', { text: '\u{FFFC}', splits: false }],
  ['{1..100}$h', { text: '\u{FFFC}', splits: true }],
])('keeps the origin of what cannot be known: %s', (line, expected) => {
  const [word] = wordsOf(`f ${line}`);
  const held = new TestScope({ h: unknown(FROM.network), x: known('abc') });
  expect(word && fields(word, held)).toMatchObject([{ ...expected, from: FROM.network }]);
});

test.each([
  ['*', true],
  ['"*"', false],
  ['\\*', false],
  ['a?"b"', true],
  ['[', false],
  ['[ab]', true],
  ['$star', true],
  ['"$star"', false],
  ['@(a|b)', true],
])('a pattern is one only where it is not quoted: %s', (line, glob) => {
  const [word] = wordsOf(`f ${line}`);
  expect(word && fields(word, new TestScope({ star: known('*') }))[0]?.glob).toBe(glob);
});

test('an operand runs only where bash could run it', () => {
  const running = new TestScope({ x: known('a'), h: unknown() });
  for (const word of wordsOf('f ${x:-$(one)} ${u:-$(two)} ${h:-$(three)} ${x:+$(four)} ${u:+$(five)}')) {
    fields(word, running);
  }
  expect(running.ran).toEqual(['$(two)', '$(three)', '$(four)']);
});

test('an assignment neither splits nor expands braces', () => {
  const [word] = wordsOf('f ~/a:~/{b,c}$s');
  expect(word && single(word, scope()).text).toBe('/root/a:/root/{b,c}a b');
});

test.each([
  ['{a,'.repeat(20_000) + '}'.repeat(20_000)],
  ['{a,b}'.repeat(5_000)],
  ['$(('.repeat(2_000) + '1' + '))'.repeat(2_000)],
  ['"${long//?/$long}"'],
  ['${long//*a*a*a*a*b/}'],
])('takes little time for %#', (line) => {
  const [word] = wordsOf(`f ${line}`);
  let values: readonly { text: string }[] | undefined;
  const took = cpuMs(() => {
    values = word && fields(word, new TestScope({ long: known('a'.repeat(60_000)) }));
  });
  expect(values?.every(({ text }) => text.length <= 65_536)).toBe(true);
  expect(took).toBeLessThan(15_000);
});
