import * as z from 'zod';
import { specOf } from '../../../core/container-spec.ts';
import { networkSpecSchema } from '../../../core/engine-objects.ts';
import { HomeostatError } from '../../../core/errors.ts';
import type { Kind } from './kind.ts';

const standing = z.object({ spec: networkSpecSchema, id: z.string().nullable() });

/** A network before and after; null for none. */
export const networkChange = z.object({
  kind: z.literal('network'),
  name: z.string(),
  before: standing.nullable(),
  after: standing.nullable(),
  /** The containers that have it and are disconnected first. */
  users: z.array(z.string()),
});
export type NetworkChange = z.infer<typeof networkChange>;

export const networkKind: Kind<NetworkChange> = {
  title: ({ name }) => `network ${name}`,

  async check({ name, before, after, users }, { engine, force }) {
    const found = await engine.networks.find(before?.id ?? name);
    if (before === null) {
      if (found !== null) throw new HomeostatError('world_changed', `there is a network ${name} by now`);
      return;
    }
    if (found === null) throw new HomeostatError('world_changed', `network ${name} is gone`);
    if (after !== null || force) return;
    const others = (await engine.users({ network: found.id })).filter((one) => !users.includes(one.name));
    if (others.length > 0)
      throw new HomeostatError(
        'world_changed',
        `network ${name} is used by ${others.map((one) => one.name).join(', ')} by now`,
      );
  },

  keep: async (change) => change,

  async apply(change, { engine }, note) {
    const { name, before, after } = change;
    if (after === null) {
      const found = await engine.networks.find(before?.id ?? name);
      if (found !== null) await engine.networks.remove(found.id);
      return change;
    }
    const found = await engine.networks.find(name);
    // Another of the name is not touched, and told by `wrong`.
    if (found !== null) return change;
    const done = { ...change, after: { ...after, id: await engine.networks.create(after.spec) } };
    await note(done);
    return done;
  },

  async wrong({ name, after }, { engine }) {
    const found = await engine.networks.find(name);
    if (after === null) return found === null || found.spec.Name !== name ? [] : ['there is one still'];
    if (found === null) return ['there is none'];
    const fields = Object.keys(after.spec) as (keyof typeof after.spec)[];
    return fields.filter((key) => !isAsAsked(found.spec[key], after.spec[key]));
  },
};

/** The engine adds to what it was asked for: an address range of its own choice, a driver's name. */
function isAsAsked(found: unknown, asked: unknown): boolean {
  if (typeof asked !== 'object' || asked === null) return asked === found;
  if (Array.isArray(asked))
    return asked.every((one, index) => isAsAsked((found as unknown[] | null)?.[index], one));
  return Object.entries(asked).every(([key, value]) =>
    isEmpty(value) ? true : isAsAsked((found as Record<string, unknown> | null)?.[key], value),
  );
}

const isEmpty = (value: unknown): boolean =>
  value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);

const endpoint = z.looseObject({});

/** A container's place in a network before and after, with the names and addresses that somebody asked for. */
export const endpointChange = z.object({
  kind: z.literal('endpoint'),
  container: z.string(),
  id: z.string(),
  network: z.string(),
  before: endpoint.nullable(),
  after: endpoint.nullable(),
});
export type EndpointChange = z.infer<typeof endpointChange>;

const isSame = (a: object | null, b: object | null): boolean => JSON.stringify(a) === JSON.stringify(b);

/** A container's place in a network as it is, and whether it is the one that a change speaks of. */
async function placeOf({ id, network }: EndpointChange, ctx: Parameters<typeof networkKind.check>[1]) {
  const found = await ctx.engine.inspect(id);
  // The engine adds a container's host name to its aliases, whether somebody asked for it or not.
  const plain = (place: z.infer<typeof endpoint> | null): object | null => {
    if (place === null) return null;
    const { Aliases, ...rest } = place;
    return { ...rest, aliases: ((Aliases ?? []) as string[]).filter((one) => one !== found.Config.Hostname) };
  };
  const now = specOf(found).networks[network] ?? null;
  return { now, is: (place: EndpointChange['after']): boolean => isSame(plain(now), plain(place)) };
}

export const endpointKind: Kind<EndpointChange> = {
  title: ({ container, network }) => `${container} in network ${network}`,

  async check(change, ctx) {
    if (!ctx.force && !(await placeOf(change, ctx)).is(change.before))
      throw new HomeostatError(
        'world_changed',
        `${change.container} has another place in ${change.network} by now`,
      );
  },

  keep: async (change) => change,

  async apply(change, ctx) {
    const { id, network, after } = change;
    const { now, is } = await placeOf(change, ctx);
    if (is(after)) return change;
    if (now !== null) await ctx.engine.networks.disconnect(id, network);
    if (after !== null) await ctx.engine.connect(id, network, after);
    return change;
  },

  wrong: async (change, ctx) => ((await placeOf(change, ctx)).is(change.after) ? [] : ['its place']),
};
