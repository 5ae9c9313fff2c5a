import { HomeostatError } from '../../core/errors.ts';
import type { Rules } from '../../registry/rules.ts';
import { commandRules, pathMatches } from './match.ts';
import { parseLine } from './parse.ts';

/** Holds every rule to its own examples; a rule that breaks one makes the whole registry unusable. */
export function checkExamples(rules: Rules): void {
  for (const rule of rules.commands) {
    const matches = (line: string): boolean =>
      parseLine(line, '/work', '/home/somebody').commands.some((command) =>
        commandRules(command, rules.commands).rules.includes(rule),
      );
    check(rule, matches);
  }
  for (const rule of rules.paths) check(rule, (path) => pathMatches(rule, path));
}

function check(
  rule: { id: string; match: readonly string[]; not_match: readonly string[] },
  matches: (example: string) => boolean,
): void {
  const missed = rule.match.find((example) => !matches(example));
  if (missed !== undefined)
    throw new HomeostatError('registry_invalid', `rule ${rule.id} does not match: ${missed}`);
  const wrong = rule.not_match.find(matches);
  if (wrong !== undefined)
    throw new HomeostatError('registry_invalid', `rule ${rule.id} must not match: ${wrong}`);
}
