import * as z from 'zod';
import { HomeostatError } from '../../../core/errors.ts';
import { objectAction } from '../objects/object-action.ts';

export const NAME = /^[a-zA-Z\d][\w.-]+$/;
const EMPTY = { entries: 0, bytes: 0, digest: null, whole: true };

export const createVolume = objectAction({
  name: 'create_volume',
  title: 'Create a volume',
  description: 'Make an empty volume on this engine. Undo removes it, as long as it is empty.',
  toolset: 'docker_volumes',
  hints: { destructiveHint: false },
  input: z.object({
    name: z.string().max(200).regex(NAME, 'letters, digits, _, . and -'),
    labels: z.record(z.string().max(200), z.string().max(2000)).optional(),
  }),
  level: 'MEDIUM',
  // No driver and no options: with them a volume can be any folder of the machine.
  async plan({ name, labels = {} }, { engine }) {
    if ((await engine.volumes.find(name)) !== null)
      throw new HomeostatError('engine_conflict', `there is a volume ${name} already`);
    const spec = { Name: name, Driver: 'local', Options: {}, Labels: labels };
    return {
      changes: [
        {
          kind: 'volume',
          name,
          before: null,
          after: { spec, identity: null, elsewhere: false, extent: EMPTY, content: null, size: 0 },
        },
      ],
      line: `docker volume create ${name}`,
    };
  },
});
