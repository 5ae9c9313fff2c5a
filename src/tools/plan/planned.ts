import * as z from 'zod';
import type { ActionContext } from '../../core/context.ts';
import type { Effects } from '../../core/effects.ts';
import { renderDescribed } from '../file/diff.ts';
import { HomeostatError } from '../../core/errors.ts';
import { type Plan, planSchema } from '../../core/plan.ts';
import type { Committed, Recovery, Staged, Verification } from '../../core/stages.ts';

/** What would be changed, worked out to the last rename. */
export const plannedStage = z.object({ kind: z.literal('planned'), plan: planSchema });
export type PlannedStage = z.infer<typeof plannedStage>;

/** What an action changed, and which one that was: its pre-images lie under its name. */
export const plannedSnapshot = z.object({
  kind: z.literal('planned'),
  action: z.string(),
  plan: planSchema,
});
export type PlannedSnapshot = z.infer<typeof plannedSnapshot>;

const UNDO = 'Can be undone to the byte: what stood there is kept as it was.';

/** A plan as people and models are shown it. */
export async function effectsOfPlan(plan: Plan, ctx: ActionContext, note = UNDO): Promise<Effects> {
  const described = ctx.transactions.describe(plan);
  const shown = described.filter(({ before, after }) => before !== null || after !== null);
  return {
    known: true,
    note,
    changes: described.map(({ change }) => change),
    diff: await renderDescribed(shown, shown.length, ctx.workspace.cwd, ctx.secrets),
  };
}

/** Lets a plan into the world, with itself on record before the first path changes. */
export async function commitPlan<O>(
  plan: Plan,
  output: O | null,
  ctx: ActionContext,
): Promise<Committed<O, PlannedSnapshot>> {
  if (plan.parts.every(({ steps }) => steps.length === 0)) return { output, snapshot: null, effects: null };
  const snapshot = await applyPlan(plan, ctx, ctx.preserve);
  ctx.complete(snapshot);
  return { output, snapshot, effects: null };
}

/** The same as a part of what an action does: `keep` makes durable what takes the plan back. */
export async function applyPlan(
  plan: Plan,
  ctx: ActionContext,
  keep: (snapshot: PlannedSnapshot) => Promise<void>,
): Promise<PlannedSnapshot> {
  ctx.transactions.check(plan, true);
  await keep(snapshotOf(plan, ctx));
  return snapshotOf(ctx.transactions.apply(plan), ctx);
}

const snapshotOf = (plan: Plan, ctx: ActionContext): PlannedSnapshot => ({
  kind: 'planned',
  action: ctx.actionId,
  plan,
});

export async function undoPlanned(
  { plan, action }: PlannedSnapshot,
  ctx: ActionContext,
): Promise<Staged<PlannedStage>> {
  const back = ctx.transactions.inverse(plan, action, ctx.force);
  return {
    stage: { kind: 'planned', plan: back },
    effects: await effectsOfPlan(back, ctx),
    circumstances: [],
    reversibility: 'reversible',
  };
}

export function recoverPlanned({ plan }: PlannedSnapshot, ctx: ActionContext): Recovery {
  const foreign = ctx.transactions.takeBack(plan);
  if (foreign.length === 0) return { outcome: 'rolled_back', message: 'what it had changed was taken back' };
  return {
    outcome: 'rollback_failed',
    message: `somebody else changed ${foreign.slice(0, 5).join(', ')}, which was left alone`,
  };
}

/** Whether all that was put into the world stands there. */
export function verifyPlanned(snapshot: PlannedSnapshot | null, ctx: ActionContext): Verification {
  const other = snapshot === null ? null : ctx.transactions.differing(snapshot.plan);
  if (other === null) return { ok: true };
  return {
    ok: false,
    error: new HomeostatError('verification_failed', `${other} is not as it was written`),
  };
}
