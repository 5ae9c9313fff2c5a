import picomatch from 'picomatch';
import type { PathRule } from '../../registry/rules.ts';

const compiled = new WeakMap<PathRule, { readonly of: RegExp; readonly except: RegExp | null }>();

/** Whether a path, relative to its root, is one that the rule speaks of. */
export function pathMatches(rule: PathRule, relativePath: string): boolean {
  let patterns = compiled.get(rule);
  if (patterns === undefined) {
    patterns = { of: together(rule.glob), except: rule.except.length === 0 ? null : together(rule.except) };
    compiled.set(rule, patterns);
  }
  return patterns.of.test(relativePath) && patterns.except?.test(relativePath) !== true;
}

/** One pattern for all globs: an assessment asks about each of its paths. */
const together = (globs: readonly string[]): RegExp =>
  new RegExp(globs.map((glob) => `(?:${picomatch.makeRe(glob, { dot: true }).source})`).join('|'), 'i');
