import picomatch from 'picomatch';
import type { PathRule } from '../../registry/rules.ts';

const compiled = new WeakMap<PathRule, (path: string) => boolean>();

/** Whether a path, relative to its root, is one that the rule speaks of. */
export function pathMatches(rule: PathRule, relativePath: string): boolean {
  let matches = compiled.get(rule);
  if (matches === undefined) {
    matches = picomatch(rule.glob, { dot: true, nocase: true, ignore: rule.except });
    compiled.set(rule, matches);
  }
  return matches(relativePath);
}
