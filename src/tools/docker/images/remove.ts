import * as z from 'zod';
import { HomeostatError } from '../../../core/errors.ts';
import type { ObjectChange } from '../objects/changes.ts';
import { others } from '../objects/image-change.ts';
import { objectAction } from '../objects/object-action.ts';
import { checkNotKept, tagged } from './reference.ts';

const NOTE =
  'The image itself is kept until retention lets this action go; only then is its room freed. A digest by which a registry knows it comes back with the next pull alone.';

export const removeImage = objectAction({
  name: 'remove_image',
  title: 'Remove an image',
  description: 'Remove one name of an image, or, given its id, all of them. Undo brings it back.',
  toolset: 'docker_images',
  input: z.object({ image: z.string().min(1).describe('Name, or id for all names') }),
  level: 'MEDIUM',
  async plan({ image }, { engine }) {
    checkNotKept(image);
    const found = await engine.images.find(image);
    if (found === null) throw new HomeostatError('not_found', `there is no image ${image} here`);
    const own = others(found.names);
    const one = own.find((name) => name === tagged(image));
    const names = one === undefined ? own : [one];
    if (names.length === own.length) {
      const users = await engine.users({ image: found.id });
      if (users.length > 0)
        throw new HomeostatError(
          'engine_conflict',
          `image ${image} is used by ${users.map(({ name }) => name).join(', ')}`,
          { next: 'Remove those containers first, or remove one of several names.' },
        );
    }
    return {
      changes: (names.length === 0 ? [null] : names).map((name): ObjectChange => ({
        kind: 'image',
        name,
        before: found.id,
        after: null,
        pull: false,
        kept: null,
      })),
      note: NOTE,
      line: `docker rmi ${one ?? found.id}`,
    };
  },
});
