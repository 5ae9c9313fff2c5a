import * as z from 'zod';
import { fileStateSchema } from '../../../core/effects.ts';

/** Files by path, each as a stack was made of it; null where there was none. */
export const ranSchema = z.record(z.string(), fileStateSchema.nullable());

/** The files that a deploy is worked out from, by path, with their content kept as objects. */
export const ranFilesSchema = z.record(
  z.string(),
  z.object({
    /** As what ran before was made of it, or as the deploy found it that changes it; left out where nobody knows. */
    ran: fileStateSchema.nullable().optional(),
    /** As this deploy was made of it. */
    now: fileStateSchema.nullable(),
    /** Whether it was the deploy that changed it. */
    edited: z.boolean(),
  }),
);
/** Addresses that answer once a service is ready, by service: of what ran before, and of what comes. */
export const probesSchema = z.object({
  before: z.record(z.string(), z.string()),
  after: z.record(z.string(), z.string()),
});
export type RanFiles = z.infer<typeof ranFilesSchema>;
