import type { Images } from '../../../core/engine-objects.ts';
import { HomeostatError } from '../../../core/errors.ts';

/** Images that an undo needs are kept by a name of homeostat's. */
export const KEPT = 'homeostat/';

export const keptTag = (what: 'image' | 'layer', actionId: string): string => `${KEPT}${what}:${actionId}`;

/**
 * Takes away the names by which an action's images were kept. What homeostat made goes with its name, and what the
 * action removed (`removed` lists its names here); any other image stays, if only without a name, as the engine leaves it.
 */
export async function releaseImages(
  actionId: string,
  images: Images,
  removed: readonly (string | null)[] = [],
): Promise<void> {
  const own = new RegExp(`^${KEPT}(image|layer):${actionId}(-[abi]?\\d+)?$`);
  const names = (await images.list()).flatMap((image) => image.names).filter((name) => own.test(name));
  for (const name of names) {
    if (!name.startsWith(keptTag('layer', '')) && !removed.includes(name)) await images.unname(name);
    else await removeUnlessUsed(name, images);
  }
}

async function removeUnlessUsed(name: string, images: Images): Promise<void> {
  try {
    await images.remove(name);
  } catch (error) {
    if (!(error instanceof HomeostatError) || error.code !== 'engine_conflict') throw error;
    await images.unname(name);
  }
}
