import { expect, test } from 'vitest';
import { assess } from '../../../helpers/assess.ts';

test.each([
  ['echo x > /var/lib/app/$NAME', 'HIGH'],
  ['cp a ~/other/$NAME', 'HIGH'],
  ['find /var/log -type f -exec tee {} \\;', 'HIGH'],
  ['rm /srv/data/$NAME', 'CRITICAL'],
  ['truncate -s 0 $NAME', 'HIGH'],
  // In a root or in a temporary folder the name alone decides, and nobody knows it.
  ['echo x > build/$NAME', 'MEDIUM'],
  ['echo x > /tmp/$NAME', 'MEDIUM'],
])('a name that nobody knows lies in the folder that is known: %s is %s', (line, level) => {
  expect(assess(line).level).toBe(level);
});
