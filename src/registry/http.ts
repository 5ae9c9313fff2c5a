import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { effectKindSchema, levelSchema } from '../core/risk-schema.ts';
import { parseYaml } from './yaml-file.ts';

/** Kept as text, which a compiled registry can hold; checked here. */
const pattern = z.string().refine(isPattern, 'not a regular expression');

const httpRuleSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/),
  reason: z.string().min(10),
  /** The request's methods in capitals; without them it speaks of every method. */
  methods: z
    .array(z.string().regex(/^[A-Z]+$/))
    .min(1)
    .optional(),
  /** Regular expressions, none of which cares about case: on host and port, */
  host: pattern.optional(),
  /** on the decoded path with the query, */
  path: pattern.optional(),
  /** and on the body; a body that is not known fits none. */
  body: pattern.optional(),
  /** True where it speaks of a body that is not known as well. */
  unknown: z.boolean().default(false),
  effect: effectKindSchema,
  level: levelSchema,
  /** Requests (`METHOD URL BODY`) of which this rule is, and is not, the one that speaks. */
  match: z.array(z.string()).min(1),
  not_match: z.array(z.string()).min(1),
});
export type HttpRule = z.output<typeof httpRuleSchema>;

const httpRulesSchema = z
  .array(httpRuleSchema)
  .refine(
    (rules) => new Set(rules.map((rule) => rule.id)).size === rules.length,
    'two rules have the same id',
  );

/** Reads and checks `http.yaml`: of its rules, in their order, the first that fits a request speaks. */
export function loadHttpRules(folder: string): HttpRule[] {
  const file = join(folder, 'http.yaml');
  return parseHttpRules(readFileSync(file, 'utf8'), file);
}

export const parseHttpRules = (source: string, file: string): HttpRule[] =>
  parseYaml(source, file, httpRulesSchema, 'registry_invalid');

function isPattern(source: string): boolean {
  try {
    return new RegExp(source, 'is').source !== '';
  } catch {
    return false;
  }
}
