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

/** Names may hold line breaks, which a dot of an expression passes over without the flag. */
const GLOB = { dot: true, flags: 's' };
const isAnywhere = (glob: string): boolean => glob.startsWith('**/') && !glob.startsWith('**/!');

/** One part of a glob, without what could reach over a slash or turn its meaning round. */
const PLAIN = /^(?!\.{1,2}$)(?:[\w .*-]|\{[\w .,*-]*\}|\[[\w-]+\])+$/;

/** So many names are remembered. */
const MOST_NAMES = 20_000;

/**
 * Whether any of the rules could speak of a path: the first part of a glob, but for `**`, is matched by one name in the
 * path. Thousands of paths share few names, so that this costs next to nothing where no rule speaks.
 */
export function mayMatch(rules: readonly PathRule[]): (path: string) => boolean {
  const first = rules
    .flatMap(({ glob }) => glob.map((one) => one.toLowerCase()))
    .map((glob) => glob.split('/').find((part) => part !== '**'));
  if (!first.every((part) => part !== undefined && PLAIN.test(part))) return () => true;
  const isFirst = picomatch(first as string[], GLOB);
  const known = new Map<string, boolean>();
  const remembered = (key: string, ask: () => boolean): boolean => {
    let answer = known.get(key);
    if (answer !== undefined) return answer;
    answer = ask();
    if (known.size >= MOST_NAMES) known.clear();
    known.set(key, answer);
    return answer;
  };
  const may = (path: string): boolean => {
    const slash = path.lastIndexOf('/');
    const name = path.slice(slash + 1).toLowerCase();
    return (
      remembered(name, () => isFirst(name)) ||
      (slash > 0 && remembered(path.slice(0, slash + 1), () => may(path.slice(0, slash))))
    );
  };
  return may;
}
