import { expect, test } from 'vitest';
import { programsSchema } from '../../src/registry/commands.ts';

const entry = (rule: object): unknown => [
  {
    id: 'x',
    reason: 'It is made for a test.',
    programs: ['x'],
    rules: [rule],
    match: ['x a'],
    not_match: ['x --help'],
  },
];

test.each(['read', 'write', 'overwrite', 'delete', 'chmod'])(
  'an effect on paths (%s) that names none is refused',
  (effect) => {
    expect(programsSchema.safeParse(entry({ effect })).error?.message).toContain(
      'an effect on paths needs on',
    );
    expect(programsSchema.safeParse(entry({ effect, on: 'operands' })).success).toBe(true);
  },
);

test('an effect on something else than paths may stand alone', () => {
  expect(programsSchema.safeParse(entry({ effect: 'network' })).success).toBe(true);
});
