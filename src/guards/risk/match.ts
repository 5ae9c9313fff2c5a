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
  // Some file systems tell no case of letters; a pattern that does not takes far longer to compile.
  const path = relativePath.toLowerCase();
  return patterns.of.test(path) && patterns.except?.test(path) !== true;
}

/**
 * One pattern for all globs: an assessment asks about each of its paths. What may lie in any folder shares its beginning,
 * which is short, since no path that is asked about holds `.` or `..`.
 */
function together(given: readonly string[]): RegExp {
  const globs = given.map((glob) => glob.toLowerCase());
  const [anywhere, placed] = [globs.filter(isAnywhere), globs.filter((glob) => !isAnywhere(glob))];
  const below = anywhere.map((glob) =>
    String(picomatch.makeRe(glob.slice(3), { ...GLOB, fastpaths: false }, true)),
  );
  const sources = [
    `(?:.*/)?(?:${below.join('|')})`,
    ...placed.map((glob) => picomatch.makeRe(glob, GLOB).source),
  ];
  return new RegExp(`^(?:${(below.length === 0 ? sources.slice(1) : sources).join('|')})$`, 's');
}

const GLOB = { dot: true };
const isAnywhere = (glob: string): boolean => glob.startsWith('**/') && !glob.startsWith('**/!');
