import { fc } from '../../helpers/seeded.ts';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { HomeostatError } from '../../../src/core/errors.ts';
import { changed, openDraft } from '../../../src/tools/compose/edit/apply.ts';
import { plainFrom } from '../../../src/tools/compose/document/value.ts';
import { compile } from '../../../src/tools/compose/operations/compile.ts';
import { operationSchema } from '../../../src/tools/compose/operations/schema.ts';
import { makeFile } from './generate.ts';

const RUNS = Number(process.env.COMPOSE_RUNS ?? 300);

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({
    unit: fc.constantFrom(...'\n\r\t "\'#:-?&*!|>%@`{}[],~=<.0123456789xobeyYnNoff'.split('')),
    maxLength: 12,
  }),
);
const SHAPES = [
  'services:\n  web:\n    image: i\n    environment:\n      A: b\n',
  'services:\n  web:\n    image: i\n    environment: {A: b}\n',
  "services:\n  web:\n    image: i\n    environment:\n      'A': 'b'\n",
  'services:\r\n  web:\r\n    image: "i"\r\n    environment: &e {\r\n      A: "b" }\r\n',
];

test('whatever the text, it is that text to readers of YAML 1.1 and 1.2, and nothing beside it changes', () => {
  fc.assert(
    fc.property(fc.constantFrom(...SHAPES), text, (shape, value) => {
      const operation = operationSchema.parse({ op: 'set_env', service: 'web', name: 'NEW', value });
      const draft = openDraft(shape, 'c.yml', undefined);
      let after;
      try {
        after = compile(operation, draft.tree).reduce(changed, draft).source.text;
      } catch (error) {
        // Half a character is no text, and the only thing that cannot be written.
        expect(error).toBeInstanceOf(HomeostatError);
        expect(value.isWellFormed()).toBe(false);
        return;
      }
      for (const version of ['1.1', '1.2'] as const)
        expect(parse(after, { version, merge: true })).toEqual({
          services: { web: { image: 'i', environment: { A: 'b', NEW: value } } },
        });
    }),
    { numRuns: RUNS },
  );
});

test('any definition of a service is written as it is meant', () => {
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      text,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      tie('list'),
      tie('map'),
    ),
    list: fc.array(tie('value'), { maxLength: 3 }),
    map: fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), tie('value'), { maxKeys: 3 }),
  }));
  fc.assert(
    fc.property(
      fc.nat(200),
      fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), json.value, { maxKeys: 4 }),
      (seed, definition) => {
        fc.pre(Object.keys(definition).every((key) => key !== '__proto__'));
        const before = makeFile(seed + 1);
        const draft = openDraft(before, 'c.yml', undefined);
        const primitive = { do: 'set', path: ['services', 'added'], value: plainFrom(definition) } as const;
        try {
          const { splices } = changed(draft, primitive);
          expect(splices.map(({ from, to }) => to - from)).toEqual([0]);
        } catch (error) {
          expect(error).toBeInstanceOf(HomeostatError);
          expect(JSON.stringify(definition)).toMatch(/\\ud[89a-f]/i);
        }
      },
    ),
    { numRuns: RUNS },
  );
});
