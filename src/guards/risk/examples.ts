import { HomeostatError } from '../../core/errors.ts';
import { type Level, rank } from '../../core/risk.ts';
import type { Program } from '../../registry/commands.ts';
import type { Registry } from '../../registry/registry.ts';
import { type Spoken, assessCommand } from './assess-command.ts';
import { checkCalls } from './code/check.ts';
import { openCatalogue } from './catalogue.ts';
import type { CommandContext } from './context.ts';
import { lineFits } from './downloads.ts';
import { pathMatches } from './match.ts';
import { isFilter, isHandler } from './programs/handlers.ts';

const ROOT = '/home/somebody/project';

/** Holds every entry to its own examples; one that breaks one makes the whole registry unusable. */
export function checkExamples(registry: Registry): void {
  checkCalls(registry.commands.calls);
  for (const { problem } of heldToExamples(registry)) if (problem !== null) throw invalid(problem);
}

/** Every example of paths and commands with what is wrong with it; null where nothing is. */
export function* heldToExamples(registry: Registry): Iterable<{ rule: string; problem: string | null }> {
  const { rules, commands } = registry;
  for (const rule of rules.downloads) yield* check(rule, (line) => lineFits(rule, line));
  for (const rule of rules.paths) yield* check(rule, (path) => pathMatches(rule, path));
  const ctx: CommandContext = {
    workspace: { roots: [ROOT], cwd: ROOT },
    rules,
    catalogue: openCatalogue(registry),
    protectedGlobs: [],
    shownGlobs: [],
    protectedServices: [],
    ownFolders: [],
    home: '/home/somebody',
    real: (path) => path,
    facts: () => ({ type: 'unknown', size: 0, git: null }),
    text: () => null,
    origins: new Map(),
    below: () => [],
    expand: (cwd, pattern) => [pattern.startsWith('/') ? pattern : `${cwd}/${pattern}`],
  };
  for (const program of commands.programs.all()) {
    if (program.handler !== undefined && !isHandler(program.handler))
      throw invalid(`command ${program.id}: there is no handler ${program.handler}`);
    const knows = onlyReads(program);
    yield* check({ ...program, not_match: [] }, (line) =>
      knows ? levelAt(program, line, ctx) !== undefined : finds(levelAt(program, line, ctx)),
    );
    yield* check({ ...program, match: [] }, (line) => finds(levelAt(program, line, ctx)));
  }
}

const invalid = (what: string): HomeostatError => new HomeostatError('registry_invalid', what);

/** What an entry finds at a line; undefined where it does not know the line at all. */
function levelAt(program: Program, line: string, ctx: CommandContext): Level | undefined {
  const spoken: Spoken = new Map();
  assessCommand(line, ROOT, {}, ctx, spoken);
  return spoken.get(program.id);
}

const finds = (level: Level | undefined): boolean => level !== undefined && rank(level) > rank('SAFE');

/** Whether there is nothing above SAFE that an entry could find. */
const onlyReads = ({ rules, handler, verbs }: Program): boolean =>
  rules.every((rule) => rule.level === 'SAFE' || rule.effect === 'read') &&
  (handler === undefined || isFilter(handler)) &&
  verbs === undefined;

function* check(
  rule: { id: string; match: readonly string[]; not_match: readonly string[] },
  matches: (example: string) => boolean,
): Iterable<{ rule: string; problem: string | null }> {
  const about = { rule: rule.id };
  for (const example of rule.match)
    yield { ...about, problem: matches(example) ? null : `rule ${rule.id} does not match: ${example}` };
  for (const example of rule.not_match)
    yield { ...about, problem: matches(example) ? `rule ${rule.id} must not match: ${example}` : null };
}
