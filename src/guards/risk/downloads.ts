import { dirname, join } from 'node:path';
import { isInside } from '../../core/inside.ts';
import { type Factor, type Risk, riskOf } from '../../core/risk.ts';
import type { Intent } from '../../core/stages.ts';
import type { DownloadRule } from '../../registry/rules.ts';
import type { CommandContext } from './context.ts';
import { containedRisk } from './contained.ts';
import { isPublicRepository } from './downloads/git.ts';
import { isPublicLock } from './downloads/npm.ts';

const CHECKS: Readonly<
  Record<DownloadRule['checks'][number], (folders: readonly string[], ctx: CommandContext) => boolean>
> = { npm_lock: isPublicLock, git_config: isPublicRepository };

/** Nothing that a shell would read as more than words of one command. */
const WORDS = /^[\w@%+=:,./ -]+$/;

/** Whether a rule knows the line; what lies around it is not looked at. */
export const lineFits = ({ line }: DownloadRule, text: string): boolean =>
  WORDS.test(text) && new RegExp(line).test(text);

/**
 * The rule by which a line that uses the network only downloads; null where there is none. It holds as long as nobody
 * changes the roots, and in a home that no earlier command has written to.
 */
export function downloadOf(intent: Intent, ctx: CommandContext): DownloadRule | null {
  const [command, ...more] = intent.commands;
  if (command === undefined || more.length > 0 || Object.keys(command.env).length > 0) return null;
  const folders = upwards(command.cwd, ctx);
  const fits = (rule: DownloadRule): boolean =>
    lineFits(rule, command.line) &&
    rule.absent.every((name) => folders.every((folder) => isMissing(join(folder, name), ctx))) &&
    rule.checks.every((check) => CHECKS[check](folders, ctx));
  return ctx.rules.downloads.find(fits) ?? null;
}

/** What of the line's risk is left where it only downloads: see `containedRisk`, since it runs in a stage as well. */
export function downloadRisk(asked: Risk, rule: DownloadRule): Risk {
  const held = containedRisk(asked);
  const [evidence = rule.id] = asked.factors.map((factor) => factor.evidence);
  const factor: Factor = { rule: rule.id, level: 'LOW', reason: rule.reason, evidence };
  return riskOf([factor, ...held.factors], held.resources, held.reversibility, held);
}

const isMissing = (path: string, { facts }: CommandContext): boolean => facts(path).type === 'missing';

/** A folder and those above it that an agent can write to. */
function upwards(folder: string, { workspace }: CommandContext): string[] {
  const found = [folder];
  for (let up = dirname(folder); workspace.roots.some((root) => isInside(up, root)); up = dirname(up))
    found.push(up);
  return found;
}
