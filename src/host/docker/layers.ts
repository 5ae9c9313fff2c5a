import type Docker from 'dockerode';
import { isStatus, NOT_FOUND } from './errors.ts';
import { imagePath } from './names.ts';

/** Tells images of what containers have written from all others, whatever they are called. */
const LAYER = 'homeostat layer';
const OF = `${LAYER} of `;

/** What a layer's image says of itself: the name of the image that its container was made of. */
export const layerComment = (image: string): string => `${OF}${image}`;

export const isLayer = (comment: string): boolean => comment === LAYER || comment.startsWith(OF);

export type LayerNames = (to: Docker, image: string) => Promise<string>;

/**
 * The name of the image that a container was made of before it was made again of what it had written: the engine has
 * only a digest for it then, and a service that is protected by its image has to stay so.
 */
export function layerNames(): LayerNames {
  // What a digest stands for does not change.
  const known = new Map<string, string>();
  return async (to, image) => {
    if (!image.startsWith('sha256:')) return image;
    const name = known.get(image) ?? (await nameIn(to, image));
    known.set(image, name);
    return name;
  };
}

async function nameIn(to: Docker, image: string): Promise<string> {
  try {
    const { Comment, Parent } = await to.getImage(imagePath(image)).inspect();
    // What comes from a registry may say anything of itself; only what was made here has a parent.
    return Parent && Comment.startsWith(OF) ? Comment.slice(OF.length) : image;
  } catch (error) {
    if (isStatus(error, NOT_FOUND)) return image;
    throw error;
  }
}
