import type { JsonSchema } from '../core/json-schema.ts';

/** Longer repetitions than this a grammar does not take; what is longer is judged by the tool itself. */
const LONGEST = 1000;
/** A range of so few whole numbers is written out. */
const FEW = 64;
const FORMATS = new Set(['date-time', 'date', 'time']);
const ANY: JsonSchema = {
  oneOf: [
    { type: ['string', 'number', 'boolean', 'null'] },
    { type: 'array' },
    { type: 'object', additionalProperties: true },
  ],
};
const NULL: JsonSchema = { type: 'null' };

const record = (value: unknown): Record<string, JsonSchema> => (value ?? {}) as Record<string, JsonSchema>;
const list = (value: unknown): JsonSchema[] => (Array.isArray(value) ? (value as JsonSchema[]) : []);
const names = (value: unknown): string[] => (Array.isArray(value) ? (value as string[]) : []);

/**
 * A tool's JSON Schema as node-llama-cpp makes a grammar of it: it knows no `anyOf`, `allOf`, patterns or ranges, and
 * takes every property for a required one. What is optional may therefore be null there, which `withoutNulls` takes
 * out again. The grammar lets through what the tool refuses, never the other way round: the tool has the last word.
 */
export function forGrammar(schema: JsonSchema): JsonSchema {
  const definitions = Object.entries(record(schema['$defs'])).map(([name, one]) => [name, forGrammar(one)]);
  const body = shape(merged(schema));
  return definitions.length === 0 ? body : { ...body, $defs: Object.fromEntries(definitions) };
}

function shape(schema: JsonSchema): JsonSchema {
  if (typeof schema['$ref'] === 'string') return { $ref: schema['$ref'] };
  const choices = [...list(schema['oneOf']), ...list(schema['anyOf'])];
  if (choices.length > 0) return { oneOf: choices.map(forGrammar) };
  if (schema['const'] !== undefined) return { const: schema['const'] };
  if (Array.isArray(schema['enum'])) return { enum: schema['enum'] };
  const { type } = schema;
  if (Array.isArray(type)) return { oneOf: type.map((one: unknown) => shape({ ...schema, type: one })) };
  if (type === 'string') return text(schema);
  if (type === 'integer') return whole(schema);
  if (type === 'array')
    return { type, items: forGrammar(record(schema)['items'] ?? {}), ...lengths(schema, 'Items') };
  if (type === 'object' || schema['properties'] !== undefined) return object(schema);
  return typeof type === 'string' ? { type } : ANY;
}

/** The parts of an `allOf` together, where each is an object; a part that cannot be joined is left to the tool. */
function merged(schema: JsonSchema): JsonSchema {
  const parts = list(schema['allOf']).map(merged);
  if (parts.length === 0) return schema;
  const { allOf: _, ...rest } = schema;
  const all = [rest, ...parts];
  const properties: Record<string, JsonSchema> = Object.assign(
    {},
    ...all.map((part) => record(part['properties'])),
  );
  return {
    ...(Object.assign({}, ...all) as JsonSchema),
    ...(all.some((part) => part['properties'] !== undefined) ? { properties } : {}),
    required: all.flatMap((part) => names(part['required'])),
  };
}

function text(schema: JsonSchema): JsonSchema {
  const { format } = schema;
  if (typeof format === 'string' && FORMATS.has(format)) return { type: 'string', format };
  return { type: 'string', ...lengths(schema, 'Length') };
}

function lengths(schema: JsonSchema, what: 'Length' | 'Items'): JsonSchema {
  const bound = (name: string): JsonSchema => {
    const value = schema[name];
    return typeof value === 'number' && value <= LONGEST ? { [name]: value } : {};
  };
  return { ...bound(`min${what}`), ...bound(`max${what}`) };
}

function whole(schema: JsonSchema): JsonSchema {
  const [least, most] = [schema['minimum'], schema['maximum']];
  if (typeof least !== 'number' || typeof most !== 'number' || most < least || most - least >= FEW)
    return { type: 'integer' };
  return { enum: Array.from({ length: most - least + 1 }, (_, index) => least + index) };
}

function object(schema: JsonSchema): JsonSchema {
  const required = new Set(names(schema['required']));
  const properties = Object.entries(record(schema['properties'])).map(([name, field]) => {
    const inner = forGrammar(field);
    return [name, required.has(name) ? inner : { oneOf: [inner, NULL] }];
  });
  const others = schema['additionalProperties'];
  // Named properties and free ones together would let a name be given twice.
  if (properties.length > 0 || others === undefined || others === false)
    return { type: 'object', properties: Object.fromEntries(properties) };
  return { type: 'object', additionalProperties: others === true ? true : forGrammar(others as JsonSchema) };
}

/** Takes out the nulls that stand for properties which were left out; what cannot be said in JSON is left to the tool. */
export function withoutNulls(value: unknown, schema: JsonSchema, root: JsonSchema = schema): unknown {
  const full = merged(resolved(schema, root));
  if (Array.isArray(value)) {
    const items = record(full)['items'];
    return items === undefined ? value : value.map((item) => withoutNulls(item, items, root));
  }
  if (typeof value !== 'object' || value === null) return value;
  const choices = choicesOf(full, root);
  const choice = choices.find((one) => fits(value as Record<string, unknown>, one));
  if (choices.length > 0) return choice === undefined ? value : withoutNulls(value, choice, root);
  const required = new Set(names(full['required']));
  const properties = record(full['properties']);
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      const field = properties[name];
      if (field === undefined) return [[name, inner]];
      if (inner === null && !required.has(name) && !takesNull(field, root)) return [];
      return [[name, withoutNulls(inner, field, root)]];
    }),
  );
}

/** What a schema lets choose from, choices within choices among them. */
function choicesOf(schema: JsonSchema, root: JsonSchema): JsonSchema[] {
  const choices = [...list(schema['oneOf']), ...list(schema['anyOf'])];
  return choices.flatMap((choice) => {
    const full = merged(resolved(choice, root));
    const inner = choicesOf(full, root);
    return inner.length === 0 ? [full] : inner;
  });
}

const resolved = (schema: JsonSchema, root: JsonSchema): JsonSchema => {
  const reference = typeof schema['$ref'] === 'string' ? schema['$ref'] : '';
  const name = /^#\/\$defs\/(.+)$/.exec(reference)?.[1];
  return name === undefined ? schema : (record(root['$defs'])[name] ?? {});
};

function takesNull(schema: JsonSchema, root: JsonSchema): boolean {
  const full = merged(resolved(schema, root));
  const { type } = full;
  if (full['const'] !== undefined || full['enum'] !== undefined)
    return full['const'] === null || names(full['enum']).includes(null as unknown as string);
  const choices = [...list(full['oneOf']), ...list(full['anyOf'])];
  if (choices.length > 0) return choices.some((choice) => takesNull(choice, root));
  return type === undefined || type === 'null' || (Array.isArray(type) && type.includes('null'));
}

/** Whether an object may be meant by this choice: it names nothing else, lacks nothing, and its fixed values agree. */
function fits(value: Record<string, unknown>, choice: JsonSchema): boolean {
  const properties = record(choice['properties']);
  if (choice['type'] !== 'object') return false;
  if (!Object.keys(value).every((name) => name in properties)) return choice['properties'] === undefined;
  return Object.entries(properties).every(([name, field]) => {
    if (field['const'] !== undefined) return value[name] === field['const'];
    return !Array.isArray(field['enum']) || value[name] === null || field['enum'].includes(value[name]);
  });
}
