import { HomeostatError } from '../../core/errors.ts';
import { isImageReference } from '../../core/image-name.ts';

/**
 * One part of a path of the interface. What an agent calls a container is that and no way to another call: the engine
 * answers a path with dots in it by sending the client elsewhere, and the client goes there.
 */
export function segment(name: string): string {
  if (!/[/\\]|^\.*$/.test(name)) return encodeURIComponent(name);
  throw new HomeostatError('not_found', `nothing is called ${JSON.stringify(name)}`);
}

/** The name or id of an image, which has slashes and is written as it is. */
export function imagePath(image: string): string {
  if (isImageReference(image)) return image;
  throw new HomeostatError('not_found', `${JSON.stringify(image)} is no name of an image`);
}

/** The tag is what stands behind the last colon that belongs to no port. */
export function namesOf(image: string): { repo: string; tag: string } {
  const at = image.lastIndexOf(':');
  return at > image.lastIndexOf('/')
    ? { repo: image.slice(0, at), tag: image.slice(at + 1) }
    : { repo: image, tag: 'latest' };
}
