import * as z from 'zod';
import { objectAction } from '../objects/object-action.ts';
import { checkNotKept, imageReference, isByDigest, tagged } from './reference.ts';

const NOTE =
  'It asks the registry, with the engine’s own network; what it fetches is not run. Where the name means another image here, that one is kept.';

export const pullImage = objectAction({
  name: 'pull_image',
  title: 'Pull an image',
  description:
    'Fetch an image from its registry. The answer has its digest, by which it stays the same. Undo gives the name back to the former image.',
  toolset: 'docker_images',
  hints: { destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: z.object({ image: imageReference.describe('NAME:TAG or NAME@sha256:DIGEST') }),
  level: 'MEDIUM',
  async plan({ image }, { engine }) {
    checkNotKept(image);
    const name = tagged(image);
    const before = (await engine.images.find(name))?.id ?? null;
    return {
      changes: [{ kind: 'image', name, before, after: null, pull: true, kept: null }],
      note: isByDigest(image) ? `${NOTE} Its digest is given, so that it cannot be another one.` : NOTE,
      line: `docker pull ${name}`,
    };
  },
});
