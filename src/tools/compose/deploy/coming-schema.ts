import * as z from 'zod';

/** How an image is built: all of it is known, so that what was approved is what is built. */
export const buildSchema = z.object({
  listing: z.string(),
  digest: z.string(),
  dockerfile: z.string(),
  args: z.record(z.string(), z.string()),
  target: z.string().nullable(),
  network: z.string().nullable(),
});

/** An image that comes with a deploy. */
export const comingSchema = z.object({
  name: z.string(),
  /** The image that has the name until then. */
  before: z.string().nullable(),
  /** Null where it is pulled. */
  build: buildSchema.nullable(),
});
export type Coming = z.infer<typeof comingSchema>;
