import * as z from 'zod';
import { defineQuery } from '../../core/tool.ts';

export const listSnapshots = defineQuery({
  name: 'list_snapshots',
  title: 'List snapshots',
  description: 'List what can be undone, newest first.',
  toolset: 'core',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({ limit: z.number().int().min(1).max(200).optional() }),
  output: z.object({
    snapshots: z.array(
      z.object({
        snapshot_id: z.string(),
        tool: z.string(),
        agent: z.string(),
        cwd: z.string(),
        time: z.string(),
        summary: z.string(),
        changes: z.number().int(),
        undone_by: z.string().nullable(),
      }),
    ),
  }),
  run: async ({ limit = 20 }, ctx) => ({ snapshots: ctx.records.snapshots({ limit }) }),
});
