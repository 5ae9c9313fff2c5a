import * as z from 'zod';
import { HomeostatError } from '../../../core/errors.ts';
import { objectAction } from '../objects/object-action.ts';

const NAME = /^[a-zA-Z\d][\w.-]*$/;
const subnet = z.union([z.cidrv4(), z.cidrv6()]);

export const createNetwork = objectAction({
  name: 'create_network',
  title: 'Create a network',
  description: 'Make a bridge network on this engine. Undo removes it.',
  toolset: 'docker_networks',
  hints: { destructiveHint: false },
  input: z.object({
    name: z.string().max(200).regex(NAME, 'letters, digits, _, . and -'),
    internal: z.boolean().optional().describe('Without a way out'),
    subnet: subnet.optional().describe('As in 10.5.0.0/24; the engine chooses one unless told'),
    labels: z.record(z.string().max(200), z.string().max(2000)).optional(),
  }),
  level: 'MEDIUM',
  // No other driver and no options: macvlan and the like reach the machine's own network.
  async plan({ name, internal = false, subnet: range, labels = {} }, { engine }) {
    const found = await engine.networks.find(name);
    if (found?.spec.Name === name)
      throw new HomeostatError('engine_conflict', `there is a network ${name} already`);
    const spec = {
      Name: name,
      Driver: 'bridge',
      Internal: internal,
      Attachable: false,
      EnableIPv6: range?.includes(':') ?? false,
      IPAM: range === undefined ? { Driver: 'default' } : { Driver: 'default', Config: [{ Subnet: range }] },
      Options: {},
      Labels: labels,
    };
    return {
      changes: [{ kind: 'network', name, before: null, after: { spec, id: null }, users: [] }],
      line: `docker network create ${name}`,
    };
  },
});
