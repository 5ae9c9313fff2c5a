import * as z from 'zod';
import { containerRowSchema } from '../../core/engine.ts';
import { defineQuery } from '../../core/tool.ts';

const MOST = 200;

export const listContainers = defineQuery({
  name: 'list_containers',
  title: 'List containers',
  description: 'Containers of the Docker engine: name, image, state, ports, Compose project.',
  toolset: 'docker',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({
    all: z.boolean().optional().describe('Also those that do not run'),
    name: z.string().optional().describe('Part of the name'),
    project: z.string().optional().describe('Of Compose'),
  }),
  output: z.object({ containers: z.array(containerRowSchema), more: z.number().int() }),

  async run({ all = false, name = '', project }, ctx) {
    const found = (await ctx.engine.list(all))
      .filter((row) => row.name.includes(name) && (project === undefined || row.project === project))
      .toSorted((a, b) => a.name.localeCompare(b.name));
    return {
      containers: found.slice(0, MOST).map((row) => containerRowSchema.parse(row)),
      more: Math.max(0, found.length - MOST),
    };
  },
});
