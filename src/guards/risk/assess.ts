import type { ChangeKind, Effects } from '../../core/effects.ts';
import { type Effect, type Factor, type Risk, leastReversible, rank, riskOf } from '../../core/risk.ts';
import type { Surroundings } from '../../core/host.ts';
import type { Intent } from '../../core/stages.ts';
import { type CommandContext, type CommandRisk, assessCommand } from './assess-command.ts';
import { asFactor, gradeTouch } from './grade.ts';

export type AssessContext = CommandContext;

/** What a line says by a container's name alone. */
const GUESS = 'perhaps-protected-service';

/** What the lines risk that a request would run. */
export const assessLines = ({ commands, resources }: Intent, ctx: AssessContext): CommandRisk[] =>
  commands.map(({ line, cwd, env }) => {
    const found = assessCommand(line, cwd, env, ctx);
    // A tool that locks the container has asked the engine what it is.
    const isAsked = resources.includes(`container:${/^docker stop (\S+)$/.exec(line)?.[1]}`);
    return isAsked ? { ...found, factors: found.factors.filter(({ rule }) => rule !== GUESS) } : found;
  });

/** What a request risks, by what it says it would do. */
export function assessIntent(intent: Intent, ctx: AssessContext, commands = assessLines(intent, ctx)): Risk {
  const touches = intent.touches.map((t) => gradeChange(t.path, t.change, ctx));
  const base: Factor = {
    rule: 'kind-of-action',
    level: intent.level,
    reason: 'The least an action of this kind risks.',
    evidence: intent.summary,
  };
  const found = [...touches.flatMap((t) => t.factors), ...commands.flatMap((c) => c.factors)];
  // The floor is only worth telling where nothing says more.
  const factors = found.some((f) => rank(f.level) >= rank(base.level)) ? found : [base, ...found];
  const reversibility = leastReversible([intent.reversibility, ...commands.map((c) => c.reversibility)]);
  return riskOf(unique(factors), [...intent.resources], reversibility, {
    effects: [...touches.map((t) => t.effect), ...commands.flatMap((c) => c.effects)],
    instead: [...new Set(commands.flatMap((c) => c.instead))],
  });
}

/** The same risk once more with what staging found: facts where there were intentions. */
export function assessEffects(
  before: Risk,
  effects: Effects,
  reversibility: Risk['reversibility'],
  ctx: AssessContext,
): Risk {
  const touches = effects.changes.flatMap(({ path, change, from }) =>
    change === 'rename'
      ? [...(from === undefined ? [] : [gradeChange(from, 'delete', ctx)]), gradeChange(path, 'create', ctx)]
      : [gradeChange(path, change, ctx)],
  );
  const told = new Set(before.effects.map((effect) => `${effect.kind} ${effect.target}`));
  return riskOf(
    unique([...before.factors, ...touches.flatMap((t) => t.factors)]),
    before.resources,
    leastReversible([before.reversibility, reversibility]),
    {
      effects: [
        ...before.effects,
        ...touches.map((t) => t.effect).filter((e) => !told.has(`${e.kind} ${e.target}`)),
      ],
      instead: before.instead,
    },
  );
}

const KINDS = { create: 'write', modify: 'overwrite', delete: 'delete', rename: 'write' } as const;

/** A change of a typed action, graded as a command's would be; what stood there is always kept, so that it has a copy. */
function gradeChange(
  path: string,
  change: ChangeKind,
  ctx: AssessContext,
): { effect: Effect; factors: Factor[] } {
  const kind = KINDS[change];
  const grade = gradeTouch({ kind, path, recursive: false, wide: false, made: false, saved: true }, ctx);
  // An ordinary change in a root needs no reason beyond the action's own.
  const telling = grade !== null && rank(grade.level) >= rank('HIGH');
  return { effect: { kind, target: path, evidence: path }, factors: telling ? [asFactor(grade, path)] : [] };
}

export function unique(factors: Factor[]): Factor[] {
  const seen = new Map(factors.map((f) => [`${f.rule} ${f.evidence}`, f]));
  return [...seen.values()];
}

/** So long, in milliseconds, may be counted, after all that decides is known. */
const COUNTING = 20;

const TAKES = new Set<Effect['kind']>(['delete', 'overwrite']);

/** The same risk with the number and size of the files that it takes away. */
export function withExtent(risk: Risk, extent: Surroundings['extent']): Risk {
  const paths = new Set(
    risk.effects.filter(({ kind, target }) => TAKES.has(kind) && target.startsWith('/')).map((e) => e.target),
  );
  if (paths.size === 0) return risk;
  const counted = extent([...paths], COUNTING);
  return counted.files === 0 && counted.whole ? risk : { ...risk, extent: counted };
}
