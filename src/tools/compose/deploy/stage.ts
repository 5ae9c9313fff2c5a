import * as z from 'zod';
import { type Change, changeSetSchema } from '../../../core/effects.ts';
import { containerChange } from '../../docker/container-change.ts';
import { plannedSnapshot, plannedStage } from '../../plan/planned.ts';
import { imageChange } from '../../docker/objects/image-change.ts';
import { comingSchema } from './coming-schema.ts';
import { watchedSchema } from './health.ts';
import { probesSchema, ranFilesSchema, ranSchema } from './ran-files.ts';

/** Something that must be as it was seen: a file by its digest, an image's name by its id. */
const seenSchema = z.record(z.string(), z.string().nullable());

/** What Compose is handed, whole: it reads nothing else. */
const upSchema = z.object({
  /** The model as JSON, `$` doubled. */
  model: z.string(),
  services: z.array(z.string()),
  /** Services that keep the containers they have and get more. */
  more: z.array(z.string()).default([]),
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
  /** As the stack was made of them that runs, so that an undo puts them back. */
  ran: ranSchema.default({}),
  /** What an undo leaves behind of them for its own undo; null in a deploy. */
  turned: ranFilesSchema.nullable().default(null),
  /** Where each path leads that containers get: a link that is swapped leads elsewhere. */
  leads: z.record(z.string(), z.string()),
  /** Those of them that are the Compose files themselves. */
  sources: z.array(z.string()),
  /** Files that are changed with the deploy, and put back with it; null where none is. */
  edits: z.union([plannedStage, changeSetSchema]).nullable(),
  images: seenSchema,
  /** Images that are built or pulled before anything else. */
  coming: z.array(comingSchema),
  /** What names of images are to mean, where that is an undo's. */
  named: z.array(imageChange),
  /** When each volume of the project was made: one that was made anew is another. */
  held: seenSchema,
  /** All containers of the project, by id. */
  standing: z.array(z.string()),
  /** Those that were well before. */
  well: z.array(z.string()),
  probes: probesSchema.default({ before: {}, after: {} }),
  /** Whether the files are committed to git. */
  git: z.boolean(),
});
export type StackStage = z.infer<typeof stackStage>;

export const stackSnapshot = stackStage
  .pick({ project: true, changes: true, networks: true, volumes: true, held: true, well: true, probes: true })
  .extend({
    edits: plannedSnapshot.nullable(),
    images: z.array(imageChange),
    files: ranFilesSchema.default({}),
  });
export type StackSnapshot = z.infer<typeof stackSnapshot>;

/** The files that a deploy changes, each before and after; none of an undo, which holds a plan. */
export const editsOf = ({ edits }: Pick<StackStage, 'edits'>): readonly Change[] =>
  edits === null || 'plan' in edits ? [] : edits.changes;
