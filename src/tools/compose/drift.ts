import * as z from 'zod';
import { defineQuery } from '../../core/tool.ts';

const MOST = 200;

export const stackDrift = defineQuery({
  name: 'stack_drift',
  title: 'Compare a stack with its files',
  description:
    'Show where what runs is not what Compose files say, with both values. Missing, extra, and all that a container tells: image, health check, networks, ports, limits; secrets are masked.',
  toolset: 'compose',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({
    paths: z.array(z.string().min(1)).min(1).max(10).describe('As given by -f, in order'),
    profiles: z.array(z.string()).optional(),
    project: z.string().optional().describe('Name; as Compose makes it unless told'),
  }),
  output: z.object({
    project: z.string(),
    same: z.boolean(),
    differences: z.array(
      z.object({
        service: z.string().describe('Empty for networks and volumes'),
        container: z.string().nullable(),
        key: z.string().describe('container: missing or extra'),
        file: z.string().nullable(),
        runs: z.string().nullable(),
      }),
    ),
    more: z.number().int(),
    not_compared: z.array(z.string()).describe('Values of protected files, and what no container tells'),
  }),

  async run(asked, ctx) {
    // With the first call: nothing else needs to read YAML.
    const [{ openProject }, { driftOf }] = await Promise.all([
      import('./resolve/project.ts'),
      import('./deploy/drift.ts'),
    ]);
    const { project, differences, hidden } = await driftOf(await openProject(asked.paths, ctx), asked, ctx);
    return {
      project,
      same: differences.length === 0,
      differences: differences.slice(0, MOST),
      more: Math.max(0, differences.length - MOST),
      not_compared: hidden.slice(0, MOST),
    };
  },
});
