import * as z from 'zod';
import { containerChange } from '../../docker/container-change.ts';
import { watchedSchema } from './health.ts';

/** Something that must be as it was seen: a file by its digest, an image's name by its id. */
const seenSchema = z.record(z.string(), z.string().nullable());

/** What Compose is handed, whole: it reads nothing else. */
const upSchema = z.object({
  /** The model as JSON, `$` doubled. */
  model: z.string(),
  services: z.array(z.string()),
  watched: z.array(watchedSchema),
  seconds: z.number(),
  stable_seconds: z.number(),
});

/** A project's containers, each before and after, and how it comes about. */
export const stackStage = z.object({
  project: z.string(),
  /** What homeostat itself removes, or makes as it was. */
  changes: z.array(containerChange),
  /** What Compose replaces; what comes instead is known when it stands. */
  replaced: z.array(containerChange),
  /** Null where Compose makes nothing. */
  up: upSchema.nullable(),
  /** Names that come into being with it. */
  networks: z.array(z.string()),
  volumes: z.array(z.string()),
  /** Volumes that go with all they hold. */
  lost: z.array(z.string()),
  files: seenSchema,
  /** Those of them that are the Compose files themselves. */
  sources: z.array(z.string()),
  images: seenSchema,
  /** When each volume of the project was made: one that was made anew is another. */
  held: seenSchema,
  /** All containers of the project, by id. */
  standing: z.array(z.string()),
  /** Those that were well before. */
  well: z.array(z.string()),
  /** Whether the files are committed to git. */
  git: z.boolean(),
});
export type StackStage = z.infer<typeof stackStage>;

export const stackSnapshot = stackStage.pick({
  project: true,
  changes: true,
  networks: true,
  volumes: true,
  held: true,
  well: true,
});
export type StackSnapshot = z.infer<typeof stackSnapshot>;
