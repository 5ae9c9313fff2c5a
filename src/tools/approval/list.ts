import * as z from 'zod';
import { approvalStatusSchema } from '../../core/outcome.ts';
import { levelSchema } from '../../core/risk-schema.ts';
import { defineQuery } from '../../core/tool.ts';

export const listApprovals = defineQuery({
  name: 'list_approvals',
  title: 'List approvals',
  description: 'List actions that wait, or waited, for a person to decide.',
  toolset: 'core',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({
    status: approvalStatusSchema.optional(),
    limit: z.number().int().min(1).max(200).optional(),
  }),
  output: z.object({
    approvals: z.array(
      z.object({
        action_id: z.string(),
        status: approvalStatusSchema,
        tool: z.string(),
        agent: z.string(),
        reason: z.string(),
        summary: z.string(),
        risk_level: levelSchema,
        asked_by: z.array(z.string()).describe('Rules that asked'),
        requested_at: z.string(),
        expires_at: z.string(),
        note: z.string().nullable(),
      }),
    ),
  }),
  run: async ({ status, limit = 20 }, ctx) => ({ approvals: ctx.records.approvals({ status, limit }) }),
});
