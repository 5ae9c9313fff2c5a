import * as z from 'zod';
import { HomeostatError } from '../../../core/errors.ts';
import type { Chosen } from './model.ts';
import { pathsSchema } from '../paths.ts';
import type { Wanted } from './plan.ts';

export const variablesSchema = z.record(z.string().regex(/^[A-Za-z_][\w.-]*$/), z.string().nullable());

/** What a deploy changes in one file: a Compose file by operations, an env file by its variables. */
const editSchema = z.strictObject({
  path: z.string().min(1),
  operations: z
    .array(z.record(z.string(), z.json()))
    .min(1)
    .max(50)
    .optional()
    .describe('As of edit_compose'),
  document: z.number().int().min(1).optional().describe('Of a file with several'),
  variables: variablesSchema.optional().describe('Of an env file; null: taken out'),
});
export type Edit = z.infer<typeof editSchema>;

export const input = z.object({
  paths: pathsSchema,
  verb: z
    .enum(['up', 'update', 'remove'])
    .optional()
    .describe('up unless told; update: nothing that is not there yet; remove: containers go, volumes stay'),
  services: z.array(z.string()).min(1).optional().describe('These, with what they need; all unless told'),
  profiles: z.array(z.string()).optional(),
  project: z.string().optional().describe('Name; as Compose makes it unless told'),
  remove_orphans: z.boolean().optional().describe('Containers of services that the files no longer have'),
  remove_volumes: z.boolean().optional().describe('With remove: all data of the project is lost'),
  probes: z
    .record(z.string(), z.string())
    .optional()
    .describe('By service: http:// or tcp:// on 127.0.0.1 that answers once it is ready'),
  timeout_seconds: z.number().positive().optional().describe('How long it may take to become healthy'),
  stable_seconds: z.number().min(0).max(300).optional().describe('How long it has to stay so; 2 unless told'),
  build: z.boolean().optional().describe('Build anew also what is here and unchanged'),
  pull: z.boolean().optional().describe('Fetch images that are not here; else it is refused'),
  edits: z.array(editSchema).min(1).max(10).optional().describe('Made with the deploy, and put back with it'),
  commit: z.boolean().optional().describe('false: leave the files uncommitted in git'),
});
export type Input = z.infer<typeof input>;

export interface Asked extends Chosen, Wanted {
  readonly paths: readonly string[];
  /** Made together with the deploy. */
  readonly edits?: readonly Edit[] | undefined;
  readonly build?: boolean | undefined;
  readonly pull?: boolean | undefined;
}

/** What was asked for, with what is meant where nothing was said. */
export const asked = ({
  verb = 'up',
  remove_orphans = false,
  remove_volumes = false,
  ...rest
}: Input): Asked => {
  if (remove_volumes && verb !== 'remove')
    throw new HomeostatError('invalid_input', 'remove_volumes: only together with verb remove');
  return { ...rest, verb, orphans: remove_orphans, volumes: remove_volumes };
};
