import * as z from 'zod';
import { HomeostatError } from '../../../core/errors.ts';
import { objectAction } from '../objects/object-action.ts';
import { volumeNow } from '../objects/volume-change.ts';

export const removeVolume = objectAction({
  name: 'remove_volume',
  title: 'Remove a volume',
  description:
    'Remove a volume that no container has, with all that it holds. That is kept before; undo restores it.',
  toolset: 'docker_volumes',
  input: z.object({ volume: z.string().min(1) }),
  level: 'MEDIUM',
  async plan({ volume }, ctx) {
    const before = await volumeNow(volume, ctx);
    if (before === null) throw new HomeostatError('not_found', `there is no volume ${volume}`);
    const users = await ctx.engine.users({ volume: before.spec.Name });
    if (users.length > 0)
      throw new HomeostatError(
        'engine_conflict',
        `volume ${volume} is used by ${users.map(({ name }) => name).join(', ')}`,
        { next: 'Remove the containers that use it first.' },
      );
    return { changes: [{ kind: 'volume', name: before.spec.Name, before, after: null }] };
  },
});
