import { relative } from 'node:path';
import { type Value, isKnown, known } from './value.ts';
import type { Frame, Walk } from './walk.ts';

/** So many paths are named one by one. */
const MOST_PATHS = 8;

/** The paths that a pattern stands for, by the time it becomes the content of a variable; the word itself where they cannot be told. */
export function globbed(word: Value, { state }: Frame, { ctx }: Walk): Value[] {
  const [folder] = state.folders;
  if (!word.glob || !isKnown(word) || state.elsewhere || state.folders.length !== 1 || folder === undefined)
    return [word];
  const fits = ctx.expand(folder, word.text);
  if (fits === null || fits.length === 0 || fits.length > MOST_PATHS) return [word];
  return fits.map((path) => known(word.text.startsWith('/') ? path : relative(folder, path), word.from));
}
