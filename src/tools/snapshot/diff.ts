import * as z from 'zod';
import { effectsSchema } from '../../core/effects.ts';
import { defineQuery } from '../../core/tool.ts';

export const diffSnapshot = defineQuery({
  name: 'diff_snapshot',
  title: 'Show what an action changed',
  description: 'Show what an action changed, or would change while it is held, as a diff.',
  toolset: 'core',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({ id: z.string().describe('Snapshot or action id') }),
  output: effectsSchema,
  run: async ({ id }, ctx) => ctx.records.effects(id),
});
