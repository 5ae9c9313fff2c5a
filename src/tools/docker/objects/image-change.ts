import * as z from 'zod';
import { HomeostatError } from '../../../core/errors.ts';
import type { Kind } from './kind.ts';
import { KEPT, keptTag } from './kept-images.ts';

/** What a name means, before and after: the digest of an image, or null for none. */
export const imageChange = z.object({
  kind: z.literal('image'),
  /** Null for an image without a name, which is removed or, in its undo, is to have none again. */
  name: z.string().nullable(),
  before: z.string().nullable(),
  after: z.string().nullable(),
  /** Where `after` is fetched from a registry and known only then. */
  pull: z.boolean(),
  /** Homeostat's own name of the image that has lost this one. */
  kept: z.string().nullable(),
});
export type ImageChange = z.infer<typeof imageChange>;

export const imageKind: Kind<ImageChange> = {
  title: ({ name, before, after }) => `image ${name ?? before ?? after ?? ''}`,

  async check({ name, before, after, pull }, { engine: { images }, force }) {
    const gone = async (id: string): Promise<boolean> => (await images.find(id)) === null;
    if (!pull && after !== null && (await gone(after)))
      throw new HomeostatError('snapshot_gone', `image ${after} is not here any more`);
    if (name === null) {
      const found = before === null ? null : await images.find(before);
      if (before !== null && (found === null || others(found.names).length > 0))
        throw new HomeostatError('world_changed', `image ${before} is gone, or has a name by now`);
      return;
    }
    const now = (await images.find(name))?.id ?? null;
    if (now !== before && !force)
      throw new HomeostatError('world_changed', `${name} is ${now ?? 'no image'} by now`);
  },

  async keep(change, { engine, actionId }) {
    if (change.before === null) return change;
    const kept = keptTag('image', actionId);
    await engine.images.tag(change.before, kept);
    return { ...change, kept };
  },

  async apply(change, ctx) {
    const { images } = ctx.engine;
    const { name, before, after, pull, kept } = change;
    if (name === null) {
      // That it is kept is all that is done to one without a name; it goes with the snapshot.
      const named = kept === null || after === null ? null : await images.find(kept);
      if (named !== null && named.id === after) await images.unname(kept ?? '');
      return change;
    }
    if (pull) await images.pull(name, ctx.signal, ctx.progress);
    const now = (await images.find(name))?.id ?? null;
    if (pull) return { ...change, after: now };
    if (now === after) return change;
    if (after !== null) await images.tag(after, name);
    else if (now === before || before === null) await images.remove(name);
    return change;
  },

  async wrong({ name, after }, { engine: { images } }) {
    if (name !== null)
      return ((await images.find(name))?.id ?? null) === after ? [] : ['it is another image'];
    return after === null || (await images.find(after)) !== null ? [] : ['it is gone'];
  },
};

/** Names that are not homeostat's own. */
export const others = (names: readonly string[]): string[] => names.filter((name) => !name.startsWith(KEPT));
