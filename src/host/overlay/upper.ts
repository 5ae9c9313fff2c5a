import type { Part } from '../../core/plan.ts';
import { upperInodes } from './inodes.ts';
import { readLayer } from './layer.ts';
import { latin1, lowerLayer } from './lower.ts';
import { inodeOfRoot } from '../journal/place.ts';
import type { Flavour } from './marks.ts';
import { stepsOf } from './steps.ts';

export interface UpperRequest {
  /** Absolute real path, the overlay's lower layer. */
  readonly root: string;
  readonly store: string;
  /** Name of the action's folder in the store; in it `upper`, made with the root's own mode, owner, times and extended attributes. */
  readonly action: string;
  readonly flavour: Flavour;
  /** When the command was started, by the clock of the file system. */
  readonly startedNs: bigint;
  /** Told while it is read that it is large. */
  readonly onMany?: () => void;
}

/**
 * Turns the upper layer that a command left into the steps that do the same to the root. The overlay must be
 * unmounted, and this is done once: it takes the overlay's own attributes off what will be moved into the root, and
 * moves out of new folders, to `<action>/moved/N`, what does not lie there as it is meant to be. Throws
 * `world_changed`, naming the path, where the root was changed meanwhile.
 */
export function readUpper(request: UpperRequest): Part {
  const { root, store, action, flavour, startedNs, onMany = () => undefined } = request;
  const folder = `${store}/${action}`;
  const lower = lowerLayer(root, startedNs);
  const layer = readLayer(latin1(folder), flavour, lower, onMany);
  try {
    const inodes = upperInodes(layer, flavour, root, folder, lower);
    return { root, store, ...inodeOfRoot(root), steps: stepsOf({ layer, inodes, lower, folder, action }) };
  } finally {
    layer.close();
  }
}
