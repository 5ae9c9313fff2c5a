import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Surroundings } from '../core/host.ts';
import { expandGlob, filesBelow } from './expand-glob.ts';
import { pathFacts } from './path-facts.ts';

/** What an assessment may look at; apart from the rest of the machine, so that it is there at once. */
export const surroundings = (): Surroundings => ({
  real,
  facts: pathFacts,
  expand: expandGlob,
  below: filesBelow,
  home: homedir(),
});

/** The real path of the deepest part that exists, with the rest as it was named. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(real(dirname(path)), basename(path));
  }
}
