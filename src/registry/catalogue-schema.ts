import * as z from 'zod';
import type { CallsData } from './calls.ts';
import type { Program } from './commands.ts';
import type { HttpRule } from './http.ts';

/** `registry/verbs.yaml`. */
export const verbsSchema = z.strictObject({
  lose: z.array(z.string()),
  change: z.array(z.string()),
  read: z.array(z.string()),
  surely: z.array(z.string()),
});

/** `registry/variables.yaml`. */
export const variablesSchema = z.array(
  z.strictObject({
    name: z.string(),
    programs: z.array(z.string()).nullable().default(null),
    level: z.enum(['MEDIUM', 'HIGH', 'CRITICAL']),
    reason: z.string().min(10),
    runs: z.enum(['line', 'file', 'options']).nullable().default(null),
  }),
);

/** `registry/folders.yaml`. */
export const foldersSchema = z.strictObject({
  build: z.array(z.string()),
  rebuilt: z.array(z.string()),
  temporary: z.array(z.string()),
  system: z.array(z.string()),
});

/** What the registry says of commands, checked, as JSON can hold it. */
export interface CatalogueData {
  readonly programs: readonly Program[];
  readonly verbs: z.output<typeof verbsSchema>;
  readonly variables: z.output<typeof variablesSchema>;
  readonly folders: z.output<typeof foldersSchema>;
  readonly requests: readonly HttpRule[];
  readonly calls: CallsData;
}
