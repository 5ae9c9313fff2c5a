import type { JsonSchema } from '../core/json-schema.ts';
import type { ModelTool } from './model.ts';

/** Up to the first full stop that ends one. */
export const firstSentence = (text: string): string => /^[\s\S]*?[.!?](?=\s|$)/.exec(text)?.[0] ?? text;

const list = (value: unknown): JsonSchema[] => (Array.isArray(value) ? (value as JsonSchema[]) : []);

/** A schema in as few words as tell what fits: `string`, `1..200`, `"a"|"b"`, `{old_text: string, …}[]`. */
export function typeText(schema: JsonSchema, depth = 0): string {
  const { type, enum: values, const: only, minimum, maximum, items, properties } = schema;
  const choices = [...list(schema['anyOf']), ...list(schema['oneOf'])];
  if (choices.length > 0) return choices.map((choice) => typeText(choice, depth + 1)).join('|');
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join('|');
  if (only !== undefined) return JSON.stringify(only);
  if (Array.isArray(type)) return type.join('|');
  if (type === 'array') return `${typeText((items ?? {}) as JsonSchema, depth + 1)}[]`;
  if (type === 'integer' && (typeof minimum === 'number' || typeof maximum === 'number'))
    return `${typeof minimum === 'number' ? minimum : ''}..${typeof maximum === 'number' ? maximum : ''}`;
  if (type !== 'object') return typeof type === 'string' ? type : 'any';
  if (properties === undefined || depth > 3) return 'object';
  return `{${fieldsText(schema, depth)}}`;
}

function fieldsText(schema: JsonSchema, depth: number): string {
  const required = new Set(list(schema['required']) as unknown as string[]);
  return Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>)
    .map(([name, field]) => `${name}${required.has(name) ? '' : '?'}: ${typeText(field, depth + 1)}`)
    .join(', ');
}

/** One line that tells a tool to a model: `read_file(path: string, from_line?: 1..): Read a text file.` */
export const signature = ({ name, input, description }: ModelTool): string =>
  `${name}(${fieldsText(input, 0)}): ${description}`;
