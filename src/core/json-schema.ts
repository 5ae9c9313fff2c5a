import * as z from 'zod';
import type { Tool } from './tool.ts';

export type JsonSchema = Record<string, unknown>;

/** A zod schema as clients read it: without a dialect mark, and without the bounds that every safe integer has. */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    override({ jsonSchema: node }) {
      if (node.minimum === Number.MIN_SAFE_INTEGER) delete node.minimum;
      if (node.maximum === Number.MAX_SAFE_INTEGER) delete node.maximum;
    },
  });
  return rest;
}

const described = new WeakMap<Tool, { input: JsonSchema; output: JsonSchema }>();

/** A tool's two schemas, worked out once. */
export function toolSchemas(tool: Tool): { input: JsonSchema; output: JsonSchema } {
  let schemas = described.get(tool);
  if (schemas === undefined) {
    schemas = { input: jsonSchema(tool.input, 'input'), output: jsonSchema(tool.output, 'output') };
    described.set(tool, schemas);
  }
  return schemas;
}
