import { expect, test } from 'vitest';
import { assess } from '../../../helpers/assess.ts';

test.each([
  ["printf 'all:\\n\\t@rm -rf /etc\\n' | make -f -", 'DESTRUCTIVE'],
  ["printf 'all: ; rm -rf /etc\\n' | make -sf -", 'DESTRUCTIVE'],
  ["printf 'all:\\n\\trm -rf \\\\\\n\\t/etc\\n' > m.mk; make -f m.mk", 'DESTRUCTIVE'],
  ["printf 'all:\\n\\techo hello\\n' | make -f -", 'MEDIUM'],
  ['make test', 'MEDIUM'],
])('%s is %s', (line, level) => {
  expect(assess(line).level).toBe(level);
});
