import * as z from 'zod';
import { AUTONOMY } from '../../core/autonomy.ts';
import { defineQuery } from '../../core/tool.ts';

export const getStatus = defineQuery({
  name: 'get_status',
  title: 'Status',
  description: 'Show roots, autonomy, emergency stop and what is waiting.',
  toolset: 'core',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  recorded: false,
  input: z.object({}),
  output: z.object({
    version: z.string(),
    roots: z.array(z.string()),
    cwd: z.string(),
    agent: z.string().describe('Card of this connection'),
    autonomy: z.enum(AUTONOMY),
    configuration: z.enum(['none', 'trusted', 'untrusted']),
    emergency_stop: z.boolean(),
    pending_approvals: z.number().int(),
    running_actions: z.number().int(),
    audit_records: z.number().int(),
  }),
  run: async (_, ctx) => ({
    ...ctx.records.status(),
    roots: [...ctx.workspace.roots],
    cwd: ctx.workspace.cwd,
    agent: ctx.principal.card ?? 'any',
  }),
});
