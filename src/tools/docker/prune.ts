import * as z from 'zod';
import type { ActionContext } from '../../core/context.ts';
import { HomeostatError } from '../../core/errors.ts';
import { isSwarms, sharersOf, sharesAny } from './bound.ts';
import { nameOf } from './container.ts';
import { keptOf } from './container-change.ts';
import type { ObjectChange } from './objects/changes.ts';
import { others } from './objects/image-change.ts';
import { objectAction } from './objects/object-action.ts';
import { volumeNow } from './objects/volume-change.ts';

const kinds = z.enum([
  'containers',
  'dangling_images',
  'unused_images',
  'networks',
  'volumes',
  'build_cache',
]);
type Pruned = z.infer<typeof kinds>;

/** A person has to be able to read the list. */
const MOST = 200;
const OWN_NETWORKS = new Set(['bridge', 'host', 'none']);

export const prune = objectAction({
  name: 'prune',
  title: 'Remove what is not used',
  description:
    'Remove stopped containers, images, networks and volumes that nothing uses, or build cache. Exactly what is listed goes, nothing that came since; a dry run shows the list. Undo brings back all but build cache.',
  toolset: 'docker_more',
  input: z.object({
    kinds: z.array(kinds).min(1).max(6).describe('dangling_images have no name'),
  }),
  // Whoever prunes has named nothing of what goes.
  level: 'DESTRUCTIVE',
  brief: true,
  async plan({ kinds: wanted }, ctx) {
    const found: ObjectChange[] = [];
    for (const kind of kinds.options) if (wanted.includes(kind)) found.push(...(await FINDERS[kind](ctx)));
    const changes = found.slice(0, MOST);
    if (changes.length === 0)
      throw new HomeostatError('not_found', `there is nothing of ${wanted.join(', ')} that nobody uses`);
    const more = found.length - changes.length;
    return {
      changes,
      what: kinds.options.filter((kind) => wanted.includes(kind)).join(', '),
      ...(more > 0 ? { note: `${more} more are left for another time.` } : {}),
      circumstances: changes.some(({ kind }) => kind === 'container') ? ['removes_containers'] : [],
    };
  },
});

const FINDERS: Record<Pruned, (ctx: ActionContext) => Promise<ObjectChange[]>> = {
  async containers({ engine }) {
    const rows = (await engine.list(true)).filter(({ state }) =>
      ['created', 'exited', 'dead'].includes(state),
    );
    const all = await Promise.all(rows.map(async ({ id }) => engine.inspect(id)));
    const found = all.filter((one) => !isSwarms(one));
    const shared = new Set(
      (await sharersOf(found, engine)).flatMap(({ of, volumes }) => (volumes ? [] : [of])),
    );
    // What shares another's network goes first, so that it comes last when they are made again.
    const order = found.toSorted((a, b) => Number(sharesAny(b)) - Number(sharesAny(a)));
    return order
      .filter((one) => !shared.has(nameOf(one)))
      .map((one) => {
        const before = keptOf(one);
        return { kind: 'container', name: before.spec.name, before, after: null };
      });
  },
  dangling_images: async (ctx) => unusedImages(ctx, true),
  unused_images: async (ctx) => unusedImages(ctx, false),
  async networks({ engine }) {
    const found: ObjectChange[] = [];
    for (const { id, scope, spec } of await engine.networks.list())
      if (
        scope === 'local' &&
        !OWN_NETWORKS.has(spec.Name) &&
        (await engine.users({ network: id })).length === 0
      )
        found.push({ kind: 'network', name: spec.Name, before: { spec, id }, after: null, users: [] });
    return found;
  },
  async volumes(ctx) {
    const found: ObjectChange[] = [];
    for (const { spec } of await ctx.engine.volumes.list()) {
      const before = await volumeNow(spec.Name, ctx);
      if (before !== null && (await ctx.engine.users({ volume: spec.Name })).length === 0)
        found.push({ kind: 'volume', name: spec.Name, before, after: null });
    }
    return found;
  },
  build_cache: async ({ engine }) =>
    (await engine.unusedCache()).map((one) => ({ kind: 'build_cache', ...one })),
};

/** Those that homeostat keeps are no waste; what is left without any other name goes with its snapshot. */
async function unusedImages({ engine }: ActionContext, dangling: boolean): Promise<ObjectChange[]> {
  const found: ObjectChange[] = [];
  for (const { id, names } of await engine.images.list()) {
    const own = others(names);
    const isKept = own.length < names.length && own.length === 0;
    if (isKept || own.length > 0 === dangling || (await engine.users({ image: id })).length > 0) continue;
    for (const name of dangling ? [null] : own)
      found.push({ kind: 'image', name, before: id, after: null, pull: false, kept: null });
  }
  return found;
}
