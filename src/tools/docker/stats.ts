import * as z from 'zod';
import { statsSchema } from '../../core/engine.ts';
import { defineQuery } from '../../core/tool.ts';

export const containerStats = defineQuery({
  name: 'container_stats',
  title: 'Measure a container',
  description: 'CPU, memory, network and disk use of a running container, now.',
  toolset: 'docker',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({ container: z.string().min(1) }),
  output: statsSchema,
  run: async ({ container }, ctx) => ctx.engine.stats((await ctx.engine.inspect(container)).Id),
});
