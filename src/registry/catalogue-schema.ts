import * as z from 'zod';
import { httpRulesSchema } from './http.ts';
import { programSchema } from './commands.ts';

/** `registry/verbs.yaml`. */
export const verbsSchema = z.strictObject({ lose: z.array(z.string()), read: z.array(z.string()), surely: z.array(z.string()) });

/** `registry/variables.yaml`. */
export const variablesSchema = z.array(
  z.strictObject({
    name: z.string(),
    programs: z.array(z.string()).nullable().default(null),
    level: z.enum(['MEDIUM', 'HIGH', 'CRITICAL']),
    reason: z.string().min(10),
    runs: z.enum(['line', 'file']).nullable().default(null),
  }),
);

/** `registry/folders.yaml`. */
export const foldersSchema = z.strictObject({ build: z.array(z.string()), temporary: z.array(z.string()), system: z.array(z.string()) });

export const catalogueSchema = z.strictObject({
  programs: z.array(programSchema),
  verbs: verbsSchema,
  variables: variablesSchema,
  folders: foldersSchema,
  requests: httpRulesSchema,
});
export type CatalogueData = z.output<typeof catalogueSchema>;
