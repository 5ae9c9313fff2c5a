import type { Effects } from '../../core/effects.ts';
import { type Effect, type Factor, type Risk, rank, riskOf } from '../../core/risk.ts';
import type { AssessContext } from './assess.ts';
import { asFactor, gradeTouch } from './grade.ts';

/**
 * What of a line's risk the sandbox does not hold: it can read what lies in the roots, and what it says is told to the
 * agent. All else that the line says it would do either stays within the stage, and is looked at there, or fails.
 */
export function containedRisk(risk: Risk): Risk {
  const told = risk.effects.filter(({ kind }) => kind === 'secret_read');
  const factors = told.map(({ target, evidence }): Factor => ({
    rule: 'secrets',
    level: 'HIGH',
    reason: `What it prints of ${target} cannot be called back.`,
    evidence,
  }));
  const least = risk.factors.filter(({ rule }) => rule === 'kind-of-action');
  return riskOf([...least, ...factors], risk.resources, factors.length > 0 ? 'irreversible' : 'reversible', {
    effects: told,
    instead: risk.instead,
  });
}

const KINDS = { create: 'write', modify: 'overwrite', delete: 'delete', rename: 'write' } as const;

/** So many files that nobody else has a copy of may go with one command before a person is asked. */
const FEW = 20;

/**
 * What a stage turned out to do to the roots, each change graded as a fact; all of it can be put back. An undo deletes
 * only what an action has made.
 */
export function assessFacts(held: Risk, effects: Effects, isUndo: boolean, ctx: AssessContext): Risk {
  const facts = effects.changes.flatMap(apart).map((change) => factOf(change, ctx));
  const lost = facts.reduce((sum, fact) => sum + fact.only, 0);
  const mass: Factor = {
    rule: 'mass-deletion',
    level: 'HIGH',
    reason: `It deletes ${lost} files of which there is no other copy.`,
    evidence: `${effects.changes.length} changes`,
  };
  return riskOf(
    [...held.factors, ...facts.flatMap((fact) => fact.factors), ...(lost > FEW && !isUndo ? [mass] : [])],
    held.resources,
    held.reversibility,
    { effects: [...held.effects, ...facts.map((fact) => fact.effect)], instead: held.instead },
  );
}

/** What is renamed goes from where it stood, with nothing lost. */
const apart = (change: Effects['changes'][number]): Effects['changes'] =>
  change.change === 'rename' && change.from !== undefined
    ? [change, { ...change, path: change.from, change: 'delete', entries: 0 }]
    : [change];

interface Fact {
  readonly effect: Effect;
  readonly factors: Factor[];
  /** How many files go that have no other copy. */
  readonly only: number;
}

/** Levels of rules that speak of what has no other copy: here a copy is kept, so that only their number matters. */
const ONLY_COPY = new Set(['deletes-only-copy', 'removes-trees', 'overwrites-only-copy']);

function factOf({ path, change, entries = 1 }: Effects['changes'][number], ctx: AssessContext): Fact {
  const kind = KINDS[change];
  const deletes = kind === 'delete';
  const touch = { kind, path, recursive: deletes, wide: false, made: false, saved: !deletes };
  const grade = gradeTouch(touch, ctx, 'by a command');
  const effect = { kind, target: path, evidence: path };
  if (grade === null) return { effect, factors: [], only: 0 };
  if (ONLY_COPY.has(grade.rule)) {
    const factor = { ...asFactor(grade, path), level: 'MEDIUM' as const };
    return { effect, factors: [factor], only: deletes ? entries : 0 };
  }
  return { effect, factors: rank(grade.level) > rank('LOW') ? [asFactor(grade, path)] : [], only: 0 };
}
