import { dirname, resolve } from 'node:path';

const MOST_LINKS = 8;

/** Where a path leads by the symbolic links that the line has made; null where it meets none of them. */
export function through(
  links: ReadonlyMap<string, string>,
  path: string,
  follows: boolean,
  left = MOST_LINKS,
): string | null {
  if (links.size === 0 || left === 0) return null;
  for (let at = follows ? path : dirname(path); at !== dirname(at); at = dirname(at)) {
    const target = links.get(at);
    if (target === undefined) continue;
    const led = resolve(target + path.slice(at.length));
    return through(links, led, follows, left - 1) ?? led;
  }
  return null;
}
