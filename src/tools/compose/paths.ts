import * as z from 'zod';

/** The Compose files that a tool is asked about. */
export const pathsSchema = z
  .array(z.string().min(1))
  .min(1)
  .max(10)
  .describe('As given by -f, in order; a folder, or its default file alone: with the override beside it');
