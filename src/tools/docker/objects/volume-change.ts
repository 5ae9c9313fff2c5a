import * as z from 'zod';
import type { ActionContext } from '../../../core/context.ts';
import { volumeExtentSchema, volumeSpecSchema } from '../../../core/engine-objects.ts';
import { HomeostatError } from '../../../core/errors.ts';
import type { Kind } from './kind.ts';
import { contentSchema, keepContent, restoreContent } from './volume-content.ts';

const standing = z.object({
  spec: volumeSpecSchema,
  /** Tells it from another of the same name; null where it is still to be made. */
  identity: z.string().nullable(),
  elsewhere: z.boolean(),
  extent: volumeExtentSchema,
  /** Null where its content stays, or is too much to be kept. */
  content: contentSchema.nullable(),
  /** Bytes that a snapshot names for it. */
  size: z.number(),
});
export type Volume = z.infer<typeof standing>;

/** A volume before and after; null for none. */
export const volumeChange = z.object({
  kind: z.literal('volume'),
  name: z.string(),
  before: standing.nullable(),
  after: standing.nullable(),
});
export type VolumeChange = z.infer<typeof volumeChange>;

/** A volume as it stands, without what it holds; null where there is none. */
export async function volumeNow(name: string, { engine, config }: ActionContext): Promise<Volume | null> {
  const found = await engine.volumes.find(name);
  if (found === null) return null;
  const { snapshot_files: entries, snapshot_bytes: bytes } = config.limits;
  const extent = await engine.volumes.extent(name, { entries, bytes });
  const { spec, identity, elsewhere } = found;
  return { spec, identity, elsewhere, extent, content: null, size: 0 };
}

/** Whether something would be lost with it. */
export const holdsData = ({ elsewhere, extent }: Volume): boolean =>
  !elsewhere && (extent.entries !== 0 || !extent.whole) && (extent.entries !== null || extent.bytes !== 0);

const holdsNothing = (volume: Volume | null): boolean => volume !== null && !holdsData(volume);

export const volumeKind: Kind<VolumeChange> = {
  title: ({ name }) => `volume ${name}`,

  async check({ name, before, after }, ctx) {
    const found = await volumeNow(name, ctx);
    if (before === null) {
      if (found !== null) throw new HomeostatError('world_changed', `there is a volume ${name} by now`);
      if (after?.content && !(await ctx.files.objects.has(after.content.listing.split(':')[1] ?? '')))
        throw new HomeostatError('snapshot_gone', `what volume ${name} held is not kept any more`);
      return;
    }
    if (found === null) throw new HomeostatError('world_changed', `volume ${name} is gone`);
    const users = await ctx.engine.users({ volume: name });
    if (users.length > 0)
      throw new HomeostatError('engine_conflict', `volume ${name} is used by ${named(users)}`, {
        next: 'Remove the containers that use it first.',
      });
    const changed =
      found.identity !== before.identity ||
      found.extent.digest !== before.extent.digest ||
      found.extent.bytes !== before.extent.bytes;
    if (changed && !ctx.force)
      throw new HomeostatError('world_changed', `volume ${name} is another, or holds something else by now`);
  },

  // Of an empty one too: it has an owner, a mode and a time.
  async keep(change, ctx) {
    const { name, before, after } = change;
    if (before === null || after !== null || before.elsewhere || !before.extent.whole) return change;
    const content = await keepContent(name, ctx);
    // What was written while it was read is in neither.
    const now = await volumeNow(name, ctx);
    if (now?.extent.digest !== before.extent.digest)
      throw new HomeostatError('world_changed', `volume ${name} was changed while it was read`);
    return { ...change, before: { ...before, content, size: content.bytes } };
  },

  async apply(change, ctx, note) {
    const { name, before, after } = change;
    const { volumes } = ctx.engine;
    const found = await volumes.find(name);
    if (after === null) {
      const isOwn = found !== null && (found.identity === before?.identity || before?.identity === null);
      // One that was cut short before its time was noted has nothing in it yet.
      const isEmpty = before?.identity === null && holdsNothing(await volumeNow(name, ctx));
      if (isOwn && (before.identity !== null || isEmpty)) await volumes.remove(name);
      return change;
    }
    // One that stands is not written over; `wrong` tells whether it is this one.
    if (found !== null) return change;
    await volumes.create(after.spec);
    const made = { ...after, identity: (await volumes.find(name))?.identity ?? null };
    await note({ ...change, after: made });
    if (after.content !== null) await restoreContent(name, after.content, ctx);
    const now = await volumeNow(name, ctx);
    return { ...change, after: { ...made, extent: now?.extent ?? after.extent } };
  },

  async wrong({ name, after }, ctx) {
    const found = await volumeNow(name, ctx);
    if (after === null) return found === null ? [] : ['there is one still'];
    if (found === null) return ['there is none'];
    const fields = Object.keys(after.spec) as (keyof typeof after.spec)[];
    const other = fields.filter((key) => JSON.stringify(found.spec[key]) !== JSON.stringify(after.spec[key]));
    if (after.content === null || other.length > 0) return other;
    const { listing } = await keepContent(name, ctx);
    return listing === after.content.listing ? [] : ['what it holds'];
  },
};

const named = (users: readonly { name: string }[]): string => users.map(({ name }) => name).join(', ');
