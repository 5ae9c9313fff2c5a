import type { Effects } from '../../core/effects.ts';
import { type Effect, type Factor, type Risk, rank, riskOf } from '../../core/risk.ts';
import type { AssessContext } from './assess.ts';
import { asFactor, gradeRead, gradeTouch } from './grade.ts';

/** An agent that reaches for homeostat itself is not let try, although it would not get there. */
const KEPT = /^(kind-of-action|own-state|homeostat-.+|service-not-on-card)$/;

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
  const least = risk.factors.filter(({ rule }) => KEPT.test(rule));
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
  const facts = effects.changes.flatMap((change) => factsOf(change, ctx));
  const lost = facts.reduce((sum, fact) => sum + fact.only, 0);
  const mass: Factor = {
    rule: 'mass-deletion',
    level: 'HIGH',
    reason: `It deletes ${lost} files of which there is no other copy.`,
    evidence: `${effects.changes.length} changes`,
  };
  const [first] = effects.changes;
  const least: Factor[] =
    first === undefined
      ? []
      : [{ rule: 'workspace-write', level: 'LOW', reason: 'It writes in a root.', evidence: first.path }];
  return riskOf(
    [
      ...least,
      ...held.factors,
      ...facts.flatMap((fact) => fact.factors),
      ...(lost > FEW && !isUndo ? [mass] : []),
    ],
    held.resources,
    held.reversibility,
    { effects: [...held.effects, ...facts.map((fact) => fact.effect)], instead: held.instead },
  );
}

type Shown = Effects['changes'][number];

/** What is renamed goes from where it stood, with nothing lost; what has a second name can be read by it. */
function factsOf(change: Shown, ctx: AssessContext): Fact[] {
  const fact = factOf(change, ctx);
  const { path, from, link_to: other } = change;
  if (change.change === 'rename' && from !== undefined)
    return [fact, factOf({ ...change, path: from, change: 'delete', entries: 0 }, ctx, path)];
  const secret = other === undefined ? null : gradeRead(other, ctx);
  const shows = other !== undefined && secret !== null && gradeRead(path, ctx) === null;
  return shows ? [{ ...fact, factors: [...fact.factors, asFactor(secret, other)] }] : [fact];
}

interface Fact {
  readonly effect: Effect;
  readonly factors: Factor[];
  /** How many files go that have no other copy. */
  readonly only: number;
}

/** Rules that speak of what has no other copy. */
const ONLY_COPY = new Set(['deletes-only-copy', 'removes-trees']);

const SET_ID = {
  rule: 'set-id',
  level: 'HIGH',
  reason: 'Whoever runs it has the rights of its owner or group.',
} as const;

function factOf({ path, change, entries = 1, inert, setid }: Shown, ctx: AssessContext, to?: string): Fact {
  const kind = KINDS[change];
  const effect = { kind, target: path, evidence: path };
  if (inert === true) return { effect, factors: [], only: 0 };
  const deletes = kind === 'delete';
  const touch = {
    kind,
    path,
    recursive: deletes,
    wide: false,
    made: false,
    ...(to === undefined ? {} : { to }),
  };
  // As if nothing were lost, for it is kept; whether anybody else has a copy decides only how many may go.
  const grade = gradeTouch({ ...touch, saved: true }, ctx, 'by a command');
  const isOnly = deletes && ONLY_COPY.has(gradeTouch({ ...touch, saved: false }, ctx)?.rule ?? '');
  const factors = [
    ...(grade !== null && rank(grade.level) > rank('LOW') ? [asFactor(grade, path)] : []),
    ...(setid === true ? [{ ...SET_ID, evidence: path }] : []),
  ];
  return { effect, factors, only: isOnly ? entries : 0 };
}
