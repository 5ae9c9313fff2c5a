import type { Effects } from '../../core/effects.ts';
import { type Factor, type Risk, leastReversible, rank, riskOf } from '../../core/risk.ts';
import type { Intent } from '../../core/stages.ts';
import { type CommandContext, assessCommand } from './assess-command.ts';
import { touchFactors } from './paths.ts';

export type AssessContext = CommandContext;

/** What a request risks, by what it says it would do. */
export function assessIntent(intent: Intent, ctx: AssessContext): Risk {
  const commands = intent.commands.map((c) => assessCommand(c.line, c.cwd, c.env, ctx));
  const base: Factor = {
    rule: 'kind-of-action',
    level: intent.level,
    reason: 'The least an action of this kind risks.',
    evidence: intent.summary,
  };
  const found = [
    ...intent.touches.flatMap((t) => touchFactors(t.path, t.change, t.path, ctx)),
    ...commands.flatMap((c) => c.factors),
  ];
  // The floor is only worth telling where nothing says more.
  const factors = found.some((f) => rank(f.level) >= rank(base.level)) ? found : [base, ...found];
  const reversibility = leastReversible([intent.reversibility, ...commands.map((c) => c.reversibility)]);
  return riskOf(unique(factors), [...intent.resources], reversibility);
}

/** The same risk once more with what staging found: facts where there were intentions. */
export function assessEffects(
  before: Risk,
  effects: Effects,
  reversibility: Risk['reversibility'],
  ctx: AssessContext,
): Risk {
  const factors = effects.changes.flatMap((c) => touchFactors(c.path, c.change, c.path, ctx));
  return riskOf(
    unique([...before.factors, ...factors]),
    before.resources,
    leastReversible([before.reversibility, reversibility]),
  );
}

export function unique(factors: Factor[]): Factor[] {
  const seen = new Map(factors.map((f) => [`${f.rule} ${f.evidence}`, f]));
  return [...seen.values()];
}
