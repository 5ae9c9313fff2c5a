import * as z from 'zod';
import { decisionSchema } from '../../core/outcome.ts';
import { riskSchema } from '../../core/risk-schema.ts';
import { defineQuery } from '../../core/tool.ts';

export const assessAction = defineQuery({
  name: 'assess_action',
  title: 'Assess an action',
  description: 'Tell what an action would risk and whether it would be asked about. Nothing is run or kept.',
  toolset: 'core',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({
    tool: z.string().describe('Name of an action tool'),
    input: z.record(z.string(), z.unknown()).describe('Its input'),
  }),
  output: z.object({ summary: z.string(), risk: riskSchema, decision: decisionSchema }),
  run: async ({ tool, input }, ctx) => ctx.assess(tool, input),
});
