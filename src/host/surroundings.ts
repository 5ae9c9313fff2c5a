import { type Stats, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { Surroundings } from '../core/host.ts';
import { extentOf } from './extent.ts';
import { expandGlob, filesBelow } from './expand-glob.ts';
import { pathFacts } from './path-facts.ts';
import { smallText } from './small-text.ts';

/** What an assessment may look at; apart from the rest of the machine, so that it is there at once. */
export const surroundings = (): Surroundings => ({
  real: (path) => real(path),
  facts: pathFacts,
  text: smallText,
  extent: extentOf,
  expand: expandGlob,
  below: filesBelow,
  home: homedir(),
});

const MOST_LINKS = 40;

/** The real path of the deepest part that exists, with the rest as it was named. */
function real(path: string, links = 0): string {
  const stats = statsOf(path);
  if (stats !== undefined) {
    try {
      return realpathSync.native(path);
    } catch {
      // A link to nothing leads to where a write through it would make something.
      if (stats.isSymbolicLink() && links < MOST_LINKS)
        return real(resolve(real(dirname(path)), readlinkSync(path)), links + 1);
    }
  }
  return dirname(path) === path ? path : join(real(dirname(path), links), basename(path));
}

/** Asked first, since most paths of a line are still to be made, and an exception takes longer than the rest. */
function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
