import * as z from 'zod';
import { EFFECTS, type Effect, type Factor, LEVELS, REVERSIBILITIES, type Risk } from './risk.ts';

// Apart from the words themselves, so that an assessment need not wait until zod is loaded.
export const levelSchema = z.enum(LEVELS);
export const reversibilitySchema = z.enum(REVERSIBILITIES);
export const effectKindSchema = z.enum(EFFECTS);

export const factorSchema = z.object({
  rule: z.string(),
  level: levelSchema,
  reason: z.string(),
  evidence: z.string(),
}) satisfies z.ZodType<Factor>;

export const effectSchema = z.object({
  kind: effectKindSchema,
  target: z.string(),
  evidence: z.string(),
}) satisfies z.ZodType<Effect>;

export const riskSchema = z.object({
  level: levelSchema,
  score: z.number().int().min(0).max(100),
  factors: z.array(factorSchema),
  resources: z.array(z.string()),
  reversibility: reversibilitySchema,
  effects: z.array(effectSchema).default([]),
  instead: z.array(z.string()).default([]),
  extent: z
    .object({ files: z.number().int(), bytes: z.number(), whole: z.boolean() })
    .nullable()
    .default(null),
  more: z.number().int().optional(),
}) satisfies z.ZodType<Risk>;
