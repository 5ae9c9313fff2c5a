import type Docker from 'dockerode';
import { type NetworkFound, type Networks, networkSpecSchema } from '../../core/engine-objects.ts';
import type { Ask } from './ask.ts';
import { isStatus, NOT_FOUND } from './errors.ts';
import { segment } from './names.ts';

export function openNetworks(ask: Ask): Networks {
  return {
    list: async () => ask(async (to) => (await to.listNetworks()).map(networkOf)),
    find: async (network) =>
      ask(async (to) => {
        try {
          return networkOf(await to.getNetwork(segment(network)).inspect());
        } catch (error) {
          if (isStatus(error, NOT_FOUND)) return null;
          throw error;
        }
      }),
    // Two of one name could not be told apart.
    create: async (spec) => ask(async (to) => (await to.createNetwork({ ...spec, CheckDuplicate: true })).id),
    remove: async (id) => ask(async (to) => void (await to.getNetwork(segment(id)).remove())),
    disconnect: async (container, network) =>
      ask(
        async (to) =>
          void (await to.getNetwork(segment(network)).disconnect({ Container: container, Force: false })),
      ),
  };
}

function networkOf(info: Docker.NetworkInspectInfo): NetworkFound {
  const { Id, Name, Driver, Internal, Attachable, EnableIPv6, IPAM, Options, Labels, Scope } = info;
  return {
    id: Id,
    scope: Scope,
    spec: networkSpecSchema.parse({
      Name,
      Driver,
      Internal,
      Attachable,
      EnableIPv6,
      IPAM: IPAM ?? {},
      Options: Options ?? {},
      Labels: Labels ?? {},
    }),
  };
}
