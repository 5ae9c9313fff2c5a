import * as z from 'zod';
import { actionReportSchema } from '../../core/outcome.ts';
import { defineQuery } from '../../core/tool.ts';

const LONGEST_S = 45;

export const waitForApproval = defineQuery({
  name: 'wait_for_approval',
  title: 'Wait for an approval',
  description:
    'Wait for a person to decide on your held action, then carry it out as shown. Answers held after 45 seconds.',
  toolset: 'core',
  // It grants nothing, but what a person granted is done when it returns.
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  input: z.object({
    action_id: z.string(),
    wait_seconds: z.number().min(0).max(LONGEST_S).optional(),
  }),
  output: z.object({ report: actionReportSchema(z.unknown()) }),
  run: async ({ action_id, wait_seconds = LONGEST_S }, ctx) => ({
    report: await ctx.resume(action_id, wait_seconds * 1000),
  }),
});
