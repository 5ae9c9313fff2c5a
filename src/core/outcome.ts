import * as z from 'zod';
import { effectsSchema } from './effects.ts';
import { ERROR_CODES, type ErrorBody } from './errors.ts';
import { riskSchema } from './risk-schema.ts';

const errorBodySchema = z.object({
  code: z.enum(ERROR_CODES),
  message: z.string(),
  next: z.string(),
}) satisfies z.ZodType<ErrorBody>;

export const outcomeSchema = z.enum([
  'succeeded',
  'denied',
  'held',
  'rolled_back',
  'rollback_failed',
  'failed',
  'unknown',
]);
export type Outcome = z.infer<typeof outcomeSchema>;

export const approvalStatusSchema = z.enum([
  'pending',
  'approved',
  'denied',
  'expired',
  'revoked',
  'consumed',
]);
export type ApprovalStatus = z.infer<typeof approvalStatusSchema>;

export const verdictSchema = z.enum(['allow', 'ask', 'deny']);
export type Verdict = z.infer<typeof verdictSchema>;

/** What the rules say of an action; the strictest rule wins, and all that spoke are named. */
export const decisionSchema = z.object({
  verdict: verdictSchema,
  rules: z.array(z.object({ id: z.string(), reason: z.string() })),
});
export type Decision = z.infer<typeof decisionSchema>;

/** What every action answers, whichever tool it is; `result` is the tool's own output. */
export function actionReportSchema<O extends z.ZodType>(output: O) {
  return z.object({
    outcome: outcomeSchema,
    action_id: z.string().nullable(),
    dry_run: z.boolean(),
    result: output.nullable(),
    error: errorBodySchema.nullable(),
    risk: riskSchema.nullable(),
    decision: decisionSchema.nullable(),
    effects: effectsSchema.nullable(),
    snapshot_id: z.string().nullable(),
    audit: z.array(z.number().int()),
    execution_time_ms: z.number(),
  });
}

/** What every query answers. */
export function queryReportSchema<O extends z.ZodType>(output: O) {
  return z.object({
    outcome: outcomeSchema,
    result: output.nullable(),
    error: errorBodySchema.nullable(),
  });
}

export type ActionReport = z.infer<ReturnType<typeof actionReportSchema<z.ZodUnknown>>>;
export type QueryReport = z.infer<ReturnType<typeof queryReportSchema<z.ZodUnknown>>>;
export type Report = ActionReport | QueryReport;
