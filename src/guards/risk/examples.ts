import { HomeostatError } from '../../core/errors.ts';
import { rank } from '../../core/risk.ts';
import type { Program } from '../../registry/commands.ts';
import type { Registry } from '../../registry/open-registry.ts';
import { type Spoken, assessCommand } from './assess-command.ts';
import { openCatalogue } from './catalogue.ts';
import type { CommandContext } from './context.ts';
import { pathMatches } from './match.ts';

const ROOT = '/home/somebody/project';

/** Holds every entry to its own examples; one that breaks one makes the whole registry unusable. */
export function checkExamples(registry: Registry): void {
  const { rules, commands } = registry;
  for (const rule of rules.paths) check(rule, (path) => pathMatches(rule, path));
  const ctx: CommandContext = {
    workspace: { roots: [ROOT], cwd: ROOT },
    rules,
    catalogue: openCatalogue(registry),
    protectedGlobs: [],
    protectedServices: [],
    ownFolders: [],
    home: '/home/somebody',
    real: (path) => path,
    facts: () => ({ type: 'unknown', size: 0, git: null }),
    below: () => [],
    expand: (cwd, pattern) => [pattern.startsWith('/') ? pattern : `${cwd}/${pattern}`],
  };
  for (const program of new Set([...commands.programs.values()].flat()))
    check(program, (line) => speaks(program, line, ctx));
}

/** Whether an entry finds something above SAFE at a line; of one that only reads, whether it knows the line at all. */
function speaks(program: Program, line: string, ctx: CommandContext): boolean {
  const spoken: Spoken = new Map();
  assessCommand(line, ROOT, {}, ctx, spoken);
  const level = spoken.get(program.id);
  return onlyReads(program) ? level !== undefined : level !== undefined && rank(level) > rank('SAFE');
}

const onlyReads = ({ rules, handler, prints, verbs }: Program): boolean =>
  rules.every((rule) => rule.level === 'SAFE' || rule.effect === 'read') &&
  (handler === undefined || prints === 'text') &&
  verbs === undefined;

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
