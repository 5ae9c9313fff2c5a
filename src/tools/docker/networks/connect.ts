import * as z from 'zod';
import { specOf } from '../../../core/container-spec.ts';
import type { ActionContext } from '../../../core/context.ts';
import { HomeostatError } from '../../../core/errors.ts';
import { namesProtected } from '../../../core/services.ts';
import { nameOf, powersOf } from '../container.ts';
import { objectAction, type Plan } from '../objects/object-action.ts';
import { quoted } from '../quoted.ts';
import { neighbours, takesNameOf } from '../taken-names.ts';

const place = z.object({
  container: z.string().min(1).describe('Name or id'),
  network: z.string().min(1).describe('Name or id'),
});

/** A container's place in a network from what it is to what it is to be. */
async function planOf(
  { container, network }: z.infer<typeof place>,
  after: Record<string, unknown> | null,
  verb: 'connect' | 'disconnect',
  ctx: ActionContext,
): Promise<Plan> {
  const { engine } = ctx;
  const found = await engine.inspect(container);
  const to = await engine.networks.find(network);
  if (to === null) throw new HomeostatError('not_found', `there is no network ${network}`);
  const { Name } = to.spec;
  const name = nameOf(found);
  const before = specOf(found).networks[Name] ?? null;
  if ((before === null) === (after === null))
    throw new HomeostatError(
      'engine_conflict',
      `container ${name} is ${before === null ? 'not ' : ''}in network ${Name}`,
    );
  const names = after === null ? [] : [name, found.Config.Hostname ?? '', ...aliasesOf(after)];
  const others = after === null ? [] : await neighbours(Name, ctx, [found.Id]);
  const takesName =
    namesProtected(aliasesOf(after), ctx.config) || takesNameOf({ network: Name, names }, others, ctx);
  return {
    changes: [{ kind: 'endpoint', container: name, id: found.Id, network: Name, before, after }],
    line: `docker network ${verb} ${quoted(Name)} ${name}`,
    circumstances: [
      ...powersOf(found, ctx),
      // Who looks for that service there would find this one.
      ...(takesName ? ['protected_name'] : []),
    ],
  };
}

const aliasesOf = (endpoint: Record<string, unknown> | null): string[] =>
  (endpoint?.['Aliases'] ?? []) as string[];

export const connectNetwork = objectAction({
  name: 'connect_network',
  title: 'Connect a container',
  description: 'Put a container into a further network. Undo takes it out again.',
  toolset: 'docker_networks',
  hints: { destructiveHint: false },
  input: place.extend({
    aliases: z
      .array(z.string().regex(/^[\w.-]{1,200}$/))
      .max(20)
      .optional()
      .describe('Names it has there'),
    address: z.union([z.ipv4(), z.ipv6()]).optional().describe('Given by the engine unless told'),
  }),
  level: 'MEDIUM',
  plan: async ({ aliases = [], address, ...where }, ctx) => {
    const key = address?.includes(':') === true ? 'IPv6Address' : 'IPv4Address';
    const after = {
      ...(address === undefined ? {} : { IPAMConfig: { [key]: address } }),
      ...(aliases.length === 0 ? {} : { Aliases: [...aliases].toSorted() }),
    };
    return planOf(where, after, 'connect', ctx);
  },
});

export const disconnectNetwork = objectAction({
  name: 'disconnect_network',
  title: 'Disconnect a container',
  description: 'Take a container out of a network. Undo puts it back with its names and address there.',
  toolset: 'docker_networks',
  input: place,
  level: 'MEDIUM',
  plan: async (where, ctx) => planOf(where, null, 'disconnect', ctx),
});
