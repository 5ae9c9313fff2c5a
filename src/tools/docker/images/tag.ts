import * as z from 'zod';
import { HomeostatError } from '../../../core/errors.ts';
import { objectAction } from '../objects/object-action.ts';
import { checkNotKept, imageName, tagged } from './reference.ts';

export const tagImage = objectAction({
  name: 'tag_image',
  title: 'Name an image',
  description: 'Give an image that is here a further name. Undo gives the name back to what had it.',
  toolset: 'docker_images',
  hints: { destructiveHint: false, idempotentHint: true },
  input: z.object({
    image: z.string().min(1).describe('Name or id'),
    name: imageName.describe('NAME:TAG'),
  }),
  level: 'MEDIUM',
  async plan({ image, name: wanted }, { engine }) {
    const name = tagged(wanted);
    checkNotKept(name);
    const after = await engine.images.find(image);
    if (after === null)
      throw new HomeostatError('not_found', `there is no image ${image} here`, {
        next: 'Pull it with pull_image, then call again.',
      });
    const before = (await engine.images.find(name))?.id ?? null;
    return {
      changes: [{ kind: 'image', name, before, after: after.id, pull: false, kept: null }],
      line: `docker tag ${after.id} ${name}`,
    };
  },
});
