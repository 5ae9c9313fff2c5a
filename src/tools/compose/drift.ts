import * as z from 'zod';
import { defineQuery } from '../../core/tool.ts';
import { shownPath } from '../file/shown-path.ts';
import { pathsSchema } from './paths.ts';

const MOST = 200;

export const stackDrift = defineQuery({
  name: 'stack_drift',
  title: 'Compare a stack with its files',
  description:
    'Show where what runs is not what Compose files say, with both values. Missing, extra, and all that a container tells: image, health check, networks, ports, limits; secrets, and what protected files set, are masked.',
  toolset: 'compose',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({
    paths: pathsSchema,
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
    files: z.array(z.string()),
    not_compared: z.array(z.string()).describe('What no container tells'),
  }),

  async run(asked, ctx) {
    // With the first call: nothing else needs to read YAML.
    const { driftOf } = await import('./deploy/drift.ts');
    const { project, differences, untold, files } = await driftOf(asked.paths, asked, ctx);
    return {
      project,
      same: differences.length === 0,
      differences: differences.slice(0, MOST),
      more: Math.max(0, differences.length - MOST),
      files: files.map((file) => shownPath(file, ctx.workspace.cwd)),
      not_compared: untold.slice(0, MOST),
    };
  },
});
