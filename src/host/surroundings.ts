import { homedir } from 'node:os';
import type { Surroundings } from '../core/host.ts';
import { extentOf } from './extent.ts';
import { expandGlob, filesBelow } from './expand-glob.ts';
import { pathFacts } from './path-facts.ts';
import { realPath } from './real-path.ts';
import { smallText } from './small-text.ts';

/** What an assessment may look at; apart from the rest of the machine, so that it is there at once. */
export const surroundings = (): Surroundings => ({
  real: realPath,
  facts: pathFacts,
  text: smallText,
  extent: extentOf,
  expand: expandGlob,
  below: filesBelow,
  home: homedir(),
});
