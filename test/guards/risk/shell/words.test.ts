import { expect, test } from 'vitest';
import { known } from '../../../../src/guards/risk/shell/value.ts';
import { shown, TestScope } from './scope.ts';

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
