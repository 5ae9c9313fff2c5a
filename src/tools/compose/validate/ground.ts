import { HomeostatError } from '../../../core/errors.ts';
import type { Looking } from '../resolve/reading.ts';
import type { Ground } from './powers.ts';

/** Tells by the workspace's roots whether a path is one that agents work in; links are followed. */
export function groundOf(
  ctx: Pick<Looking, 'files' | 'isOwn' | 'isSecret'>,
  baseOf: Ground['baseOf'],
): Ground {
  return {
    baseOf,
    isOwn: (path) => ctx.isOwn(path),
    isSecret: (path) => ctx.isSecret(path),
    async isInside(path) {
      try {
        await ctx.files.resolve(path, true);
        return true;
      } catch (error) {
        if (error instanceof HomeostatError) return false;
        throw error;
      }
    },
  };
}
