import * as z from 'zod';
import { HomeostatError } from '../../../core/errors.ts';
import { isImageName, isImageReference } from '../../../core/image-name.ts';
import { KEPT } from '../objects/kept-images.ts';

const DIGEST = '@sha256:';

export const imageName = z.string().max(400).refine(isImageName, 'as in registry.example.com/shop/web:2');

/** One by its digest as well. */
export const imageReference = z
  .string()
  .max(500)
  .refine(isImageReference, 'as in registry.example.com/shop/web:2, or NAME@sha256:DIGEST');

export const isByDigest = (reference: string): boolean => reference.includes(DIGEST);

/** Where a name is asked for: its first part where that is an address, else the engine's own. */
export function registryOf(name: string): string {
  const [first = '', ...rest] = name.split('/');
  return rest.length > 0 && /[.:]|^localhost$/.test(first) ? first.toLowerCase() : 'docker.io';
}

/** With the tag that is meant where none is named. */
export const tagged = (name: string): string =>
  isByDigest(name) || name.lastIndexOf(':') > name.lastIndexOf('/') ? name : `${name}:latest`;

/** Throws for names by which homeostat keeps what undo needs. */
export function checkNotKept(name: string): void {
  if (name.startsWith(KEPT) || name.startsWith(`docker.io/${KEPT}`))
    throw new HomeostatError('invalid_input', `${name} is a name of homeostat's own`, {
      next: 'It is kept for an undo and goes with its snapshot: `homeostat snapshots gc`.',
    });
}
