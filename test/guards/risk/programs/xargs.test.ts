import { expect, test } from 'vitest';
import { assess } from '../../../helpers/assess.ts';

test.each([
  ["printf %s 'rm -rf /etc' | xargs -0 sh -c", 'DESTRUCTIVE'],
  ["printf 'a\\0/etc\\0' | xargs -0 rm -rf", 'DESTRUCTIVE'],
  ['echo "\'rm -rf /etc\'" | xargs sh -c', 'DESTRUCTIVE'],
  ["printf '%s\\n' ls 'rm -rf /etc' | xargs -d '\\n' -n1 sh -c", 'DESTRUCTIVE'],
  ["seq 20 | tr '\\n' ' '; echo a b c d e f g h i j /etc | xargs rm -rf", 'DESTRUCTIVE'],
  ['echo /etc > /tmp/list; xargs -a /tmp/list rm -rf', 'DESTRUCTIVE'],
  ['cat names | xargs -0 sh -c', 'HIGH'],
  ['xargs -r -a /dev/null true', 'SAFE'],
])('%s is %s', (line, level) => {
  expect(assess(line).level).toBe(level);
});
