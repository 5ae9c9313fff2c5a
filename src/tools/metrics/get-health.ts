import * as z from 'zod';
import { defineQuery } from '../../core/tool.ts';

const rowSchema = z.object({
  name: z.string(),
  status: z.enum(['ok', 'degraded', 'failing', 'unknown']),
  found: z.string(),
});

export const getHealth = defineQuery({
  name: 'get_health',
  title: 'Health',
  description: 'How homeostat’s own parts are, and each service by its Docker or configured probe.',
  toolset: 'metrics',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: z.object({}),
  output: z.object({
    healthy: z.boolean().describe('Nothing is failing'),
    homeostat: z.array(rowSchema),
    services: z.array(rowSchema),
  }),

  async run(_, { monitor }) {
    const [homeostat, services] = await Promise.all([monitor.parts(), monitor.services()]);
    // An engine is needed by those alone who have containers.
    const failing = [...homeostat.filter(({ name }) => name !== 'engine'), ...services];
    return { healthy: failing.every(({ status }) => status !== 'failing'), homeostat, services };
  },
});
