import * as z from 'zod';
import { specOf } from '../../../core/container-spec.ts';
import { HomeostatError } from '../../../core/errors.ts';
import type { ObjectChange } from '../objects/changes.ts';
import { objectAction } from '../objects/object-action.ts';
import { quoted } from '../quoted.ts';

/** Networks that every engine has. */
const OWN = new Set(['bridge', 'host', 'none']);

export const removeNetwork = objectAction({
  name: 'remove_network',
  title: 'Remove a network',
  description:
    'Take all containers out of a network and remove it. Undo makes it again and puts them back with their names and addresses.',
  toolset: 'docker_networks',
  input: z.object({ network: z.string().min(1).describe('Name or id') }),
  level: 'MEDIUM',
  async plan({ network }, { engine }) {
    const found = await engine.networks.find(network);
    if (found === null) throw new HomeostatError('not_found', `there is no network ${network}`);
    const { id, scope, spec } = found;
    if (OWN.has(spec.Name) || scope !== 'local')
      throw new HomeostatError('engine_conflict', `network ${spec.Name} is the engine’s own, or a swarm’s`);
    const users = await engine.users({ network: id });
    const places: ObjectChange[] = [];
    for (const user of users) {
      const inspected = await engine.inspect(user.id);
      const before = specOf(inspected).networks[spec.Name] ?? null;
      if (before !== null)
        places.push({
          kind: 'endpoint',
          container: user.name,
          id: inspected.Id,
          network: spec.Name,
          before,
          after: null,
        });
    }
    return {
      changes: [
        ...places,
        {
          kind: 'network',
          name: spec.Name,
          before: { spec, id },
          after: null,
          users: users.map((one) => one.name),
        },
      ],
      note: places.length === 0 ? undefined : 'What its containers say to one another by it breaks off.',
      line: `docker network rm ${quoted(spec.Name)}`,
    };
  },
});
