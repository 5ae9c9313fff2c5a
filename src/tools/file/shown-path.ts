import { relative } from 'node:path';

/** A path as people read it: relative to the folder the agent works in, where that is shorter. */
export function shownPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short.startsWith('..') ? path : short || '.';
}
