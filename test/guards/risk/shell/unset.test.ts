import { expect, test } from 'vitest';
import { assess } from '../../../helpers/assess.ts';

test.each([
  ['echo x > $unset/etc/app.conf', 'HIGH'],
  ['echo x > "$unset"/etc/app.conf', 'HIGH'],
  ['echo x > ${unset:-/}etc/app.conf', 'HIGH'],
  ['echo x > ${UNSET:-/}etc/app.conf', 'HIGH'],
  ['git clean -${unset}f -d', 'HIGH'],
  ['rm -rf ${unset:-/}', 'DESTRUCTIVE'],
  ['cp a /et"$@"c/hosts', 'HIGH'],
])('what is not set may be empty: %s', (line, level) => {
  expect(assess(line).level).toBe(level);
});

test.each(['cp a "$DEST"', 'echo x > "$LOG"', 'mkdir -p "$OUT/x"', 'cat a > "$OUT/x"', 'echo $((i + 1))'])(
  'a variable of the environment is mostly set: %s',
  (line) => {
    expect(['SAFE', 'LOW', 'MEDIUM']).toContain(assess(line).level);
  },
);
