import { Ajv2020 } from 'ajv/dist/2020.js';
import { toolSchemas } from '../../src/core/json-schema.ts';
import type { Tool } from '../../src/core/tool.ts';
import { TOOLS } from '../../src/tools/index.ts';

const ajv = new Ajv2020({ strict: true, allErrors: true, validateFormats: false });

const compile = (tool: Tool): [string, ReturnType<typeof ajv.compile>] => [
  tool.name,
  ajv.compile(toolSchemas(tool).output),
];
const checks = new Map(TOOLS.map(compile));

/** What a validator that knows only the published schema finds wrong with a report, as it goes over the wire. */
export function schemaErrors(tool: string, report: unknown): string[] {
  const check = checks.get(tool);
  if (check === undefined) return [`there is no tool ${tool}`];
  if (check(JSON.parse(JSON.stringify(report)))) return [];
  return (check.errors ?? []).map((error) => `${error.instancePath || '/'} ${error.message ?? ''}`);
}
