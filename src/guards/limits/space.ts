import { HomeostatError } from '../../core/errors.ts';
import type { House } from '../house.ts';

const MB = 1_000_000;

/** Whether more than the floor is free where snapshots are kept. */
export const hasSpace = (house: House): boolean => shortage(house) === null;

/**
 * Refuses an action for which there may be no room to keep what undo needs: what cannot be taken back is not done.
 * To take something back is let through, since the floor is there for that.
 */
export function checkSpace(house: House): void {
  const short = shortage(house);
  if (short === null) return;
  throw new HomeostatError('no_space', short);
}

/** The first place of snapshots with too little room, in words; null where there is none. The floor is the smaller of the two configured. */
export function shortage({ store, machine, config }: House): string | null {
  const { free_bytes, free_percent } = config.retention;
  for (const folder of [store.home.folder, ...store.read(() => store.stores.all())]) {
    const space = machine.space(folder);
    if (space === null) continue;
    const floor = Math.min(free_bytes, (space.total * free_percent) / 100);
    if (space.free < floor)
      return `${folder} has ${mb(space.free)} MB free, and ${mb(floor)} MB are kept free for undoing`;
  }
  return null;
}

const mb = (bytes: number): string => (bytes / MB).toFixed(bytes < 10 * MB ? 1 : 0);
