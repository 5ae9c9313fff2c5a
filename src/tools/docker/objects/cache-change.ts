import * as z from 'zod';
import { HomeostatError } from '../../../core/errors.ts';
import type { Kind } from './kind.ts';

/** A part of the build cache that is removed for good: a build makes it anew. */
export const cacheChange = z.object({
  kind: z.literal('build_cache'),
  id: z.string(),
  bytes: z.number(),
  description: z.string(),
});
export type CacheChange = z.infer<typeof cacheChange>;

export const cacheKind: Kind<CacheChange> = {
  title: ({ id }) => `build cache ${id}`,
  async check({ id }, { engine }) {
    if ((await engine.unusedCache()).every((one) => one.id !== id))
      throw new HomeostatError('world_changed', `build cache ${id} is gone, or used by now`);
  },
  keep: async (change) => change,
  async apply(change, { engine }) {
    await engine.removeCache([change.id]);
    return change;
  },
  // A part that others are made from goes only with them.
  wrong: async () => [],
};
