import picomatch from 'picomatch';
import type { PathRule } from '../../registry/rules.ts';

/** Names may hold line breaks, which a dot of an expression passes over without the flag. */
const OPTIONS = { dot: true, nocase: true, flags: 'is' };

const compiled = new WeakMap<PathRule, (path: string) => boolean>();

/** Whether a path, relative to its root, is one that the rule speaks of. */
export function pathMatches(rule: PathRule, relativePath: string): boolean {
  let matches = compiled.get(rule);
  if (matches === undefined) {
    matches = picomatch(rule.glob, { ...OPTIONS, ignore: rule.except });
    compiled.set(rule, matches);
  }
  return matches(relativePath);
}

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
    .flatMap(({ glob }) => glob)
    .map((glob) => glob.split('/').find((part) => part !== '**'));
  if (!first.every((part) => part !== undefined && PLAIN.test(part))) return () => true;
  const isFirst = picomatch(first as string[], OPTIONS);
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
    const name = path.slice(slash + 1);
    return (
      remembered(name, () => isFirst(name)) ||
      (slash > 0 && remembered(path.slice(0, slash + 1), () => may(path.slice(0, slash))))
    );
  };
  return may;
}
