import { Ajv } from 'ajv';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { HomeostatError } from '../../src/core/errors.ts';
import { type JsonSchema, toolSchemas } from '../../src/core/json-schema.ts';
import { forGrammar, withoutNulls } from '../../src/runner/grammar.ts';
import { checkedInput } from '../../src/runner/input.ts';
import { TOOLS } from '../../src/tools/index.ts';
import { installLlama, spaced } from '../helpers/llama.ts';
import { fc } from '../helpers/seeded.ts';

interface Grammar {
  _testText(text: string): boolean;
}
let grammarOf: (schema: JsonSchema) => Promise<Grammar>;

beforeAll(async () => {
  const folder = await installLlama();
  const library = (await import(pathToFileURL(join(folder, 'dist', 'index.js')).href)) as {
    getLlama(options: object): Promise<{ createGrammarForJsonSchema(schema: JsonSchema): Promise<Grammar> }>;
  };
  const llama = await library.getLlama({ gpu: false, build: 'never', logLevel: 'error', maxThreads: 1 });
  grammarOf = async (schema) => llama.createGrammarForJsonSchema(schema);
}, 300_000);

/** How a grammar of this kind says that the value is whole. */
const END = '\n\n\n\n';
const lets = (grammar: Grammar, value: unknown): boolean => grammar._testText(`${spaced(value)}${END}`);

interface Pair {
  readonly schema: JsonSchema;
  readonly value: unknown;
  /** The value as the grammar writes it: null for what is left out. */
  readonly whole: unknown;
}
const letters = fc.string({
  unit: fc.constantFrom('a', 'b', 'é', '"', '\\', ' '),
  minLength: 1,
  maxLength: 8,
});
const leaf: fc.Arbitrary<Pair> = fc
  .oneof(
    letters.map((value) => ({ schema: { type: 'string', minLength: 1, maxLength: 100_000 }, value })),
    letters.map((value) => ({ schema: { type: 'string', pattern: '^', maxLength: 40 }, value })),
    fc.constant({ schema: { type: 'string', format: 'date-time' }, value: '2026-01-31T10:20:30Z' }),
    fc
      .integer({ min: -5, max: 40 })
      .map((value) => ({ schema: { type: 'integer', minimum: -5, maximum: 40 }, value })),
    fc.integer({ min: 1 }).map((value) => ({ schema: { type: 'integer', minimum: 1 }, value })),
    fc
      .integer({ min: 1, max: 45 })
      .map((value) => ({ schema: { type: 'number', exclusiveMinimum: 0 }, value })),
    fc.boolean().map((value) => ({ schema: { type: 'boolean' }, value })),
    fc.constantFrom('x', 'y').map((value) => ({ schema: { type: 'string', enum: ['x', 'y'] }, value })),
    fc.constantFrom('x', null).map((value) => ({ schema: { type: ['string', 'null'] }, value })),
  )
  .map((one: Omit<Pair, 'whole'>) => ({ ...one, whole: one.value }));

const { pair } = fc.letrec<{ pair: Pair }>((tie) => ({
  pair: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    leaf,
    fc.array(tie('pair'), { minLength: 1, maxLength: 1 }).map(([one]) => ({
      schema: { type: 'array', items: one?.schema ?? {}, minItems: 1, maxItems: 100 },
      value: [one?.value, one?.value],
      whole: [one?.whole, one?.whole],
    })),
    fc.tuple(tie('pair'), leaf).map(([one, other]) => ({
      schema: { anyOf: [one.schema, { allOf: [other.schema] }] },
      value: one.value,
      whole: one.whole,
    })),
    objects(tie('pair')),
    fc.tuple(objects(tie('pair')), objects(leaf, 'z')).map(([one, other]) => ({
      schema: { allOf: [open(one.schema), open(other.schema)] },
      value: { ...Object(one.value), ...Object(other.value) } as unknown,
      whole: { ...Object(one.whole), ...Object(other.whole) } as unknown,
    })),
  ),
}));

/** Parts of an `allOf` let through what they do not name: the other part names it. */
const open = (schema: JsonSchema): JsonSchema => ({ ...schema, additionalProperties: true });

function objects(inner: fc.Arbitrary<Pair>, first = 'a'): fc.Arbitrary<Pair> {
  const field = fc.record({ pair: inner, required: fc.boolean(), given: fc.boolean() });
  return fc.array(field, { minLength: 1, maxLength: 3 }).map((fields) => {
    const named = fields.map((one, place) => ({ ...one, name: `${first}${place}` }));
    const there = named.filter(({ required, given }) => required || given);
    return {
      schema: {
        type: 'object',
        properties: Object.fromEntries(named.map(({ name, pair: { schema } }) => [name, schema])),
        required: named.filter(({ required }) => required).map(({ name }) => name),
        additionalProperties: false,
      },
      value: Object.fromEntries(there.map(({ name, pair: { value } }) => [name, value])),
      whole: Object.fromEntries(named.map((one) => [one.name, there.includes(one) ? one.pair.whole : null])),
    };
  });
}

test('a grammar lets through whatever fits the schema, and nulls for what is left out are taken out again', async () => {
  const ajv = new Ajv({ strict: false, formats: { 'date-time': true } });
  await fc.assert(
    fc.asyncProperty(objects(pair), async ({ schema, value, whole }) => {
      expect(ajv.validate(schema, value)).toBe(true);
      const grammar = await grammarOf(forGrammar(schema));
      expect(lets(grammar, whole)).toBe(true);
      expect(ajv.validate(schema, withoutNulls(whole, schema))).toBe(true);
    }),
    { numRuns: 150 },
  );
});

/** Anything that a grammar made of this schema lets through. */
function sample(schema: JsonSchema, definitions: JsonSchema, depth = 0): fc.Arbitrary<unknown> {
  const name = /^#\/\$defs\/(.+)$/.exec(typeof schema['$ref'] === 'string' ? schema['$ref'] : '')?.[1];
  if (name !== undefined)
    return depth > 4 ? fc.constant(null) : sample(definitions[name] as JsonSchema, definitions, depth + 1);
  const choices = schema['oneOf'] as JsonSchema[] | undefined;
  if (choices !== undefined) return fc.oneof(...choices.map((one) => sample(one, definitions, depth + 1)));
  if (schema['const'] !== undefined) return fc.constant(schema['const']);
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  const { type } = schema;
  if (type === 'null' || depth > 6) return fc.constant(null);
  if (type === 'boolean') return fc.boolean();
  if (type === 'integer') return fc.constantFrom(0, 1, -1, 7, 10_000, Number.POSITIVE_INFINITY);
  if (type === 'number') return fc.constantFrom(0, 0.5, -3, Number.POSITIVE_INFINITY);
  if (Array.isArray(type)) return fc.constantFrom<unknown>('x', 1, true, null);
  if (type === 'array')
    return fc.array(sample((schema['items'] ?? { type: 'null' }) as JsonSchema, definitions, depth + 1), {
      maxLength: 3,
    });
  if (type === 'object') {
    const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>);
    return fc.record(
      Object.fromEntries(properties.map(([key, one]) => [key, sample(one, definitions, depth + 1)])),
    );
  }
  return fc.constantFrom('x', 'a.txt', '../..', '', 'é"\\', '2026-01-31T10:20:30Z');
}

test('what the grammar of a tool lets through is taken by the tool, or refused as no valid input', () => {
  for (const tool of TOOLS) {
    const { input } = toolSchemas(tool);
    const made = forGrammar(input);
    const values = sample(made, (made['$defs'] ?? {}) as JsonSchema);
    fc.assert(
      fc.property(values, (value) => {
        const checked = checkedInput(withoutNulls(value, input));
        if (checked === null) {
          expect(JSON.stringify(value)).toContain('null');
          return;
        }
        try {
          tool.bind(checked);
        } catch (error) {
          expect(error).toBeInstanceOf(HomeostatError);
          expect(error).toMatchObject({ code: 'invalid_input' });
        }
      }),
      { numRuns: 60 },
    );
  }
});

test('every tool has a grammar, and it takes the least that the tool does', async () => {
  for (const tool of TOOLS) {
    const { input } = toolSchemas(tool);
    const grammar = await grammarOf(forGrammar(input));
    expect([tool.name, grammar._testText(`{`)]).toEqual([tool.name, false]);
  }
  const read =
    TOOLS.filter(({ name }) => name === 'read_file').map((tool) => toolSchemas(tool).input)[0] ?? {};
  const grammar = await grammarOf(forGrammar(read));
  expect(lets(grammar, { path: 'a', from_line: null, max_lines: 5 })).toBe(true);
  expect(lets(grammar, { path: 'a', from_line: 'x', max_lines: 5 })).toBe(false);
  expect(lets(grammar, { path: 'a', from_line: 1, max_lines: 5, more: 1 })).toBe(false);
});
