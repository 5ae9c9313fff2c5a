import * as z from 'zod';
import { defineAction } from '../../core/tool.ts';
import { ranStage } from '../command/sandboxed.ts';
import {
  commitPlan,
  effectsOfPlan,
  plannedSnapshot,
  plannedStage,
  recoverPlanned,
  undoPlanned,
} from '../plan/planned.ts';

export const commitStage = defineAction({
  name: 'commit_stage',
  title: 'Commit a failed command’s changes',
  description: 'Commit what a failed run_command had staged, by its action id. Judged by its changes.',
  toolset: 'core',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
  input: z.object({ id: z.string().describe('Action id of the failed command') }),
  output: z.object({ committed: z.string() }),
  stageSchema: plannedStage.extend({ of: z.string() }),
  snapshotSchema: plannedSnapshot,

  async assess({ id }, ctx) {
    const { summary, own, resources } = ctx.undoing.kept(id);
    return {
      summary: `commit what ${id} left staged: ${summary}`,
      level: 'LOW',
      reversibility: 'reversible',
      touches: [],
      commands: [],
      resources,
      circumstances: own ? [] : ['not_own_action'],
      contained: true,
    };
  },

  async stage({ id }, ctx) {
    const kept = ranStage.parse(ctx.undoing.kept(id).stage);
    const stage = { kind: 'planned' as const, plan: ctx.transactions.adopt(kept.plan, id), of: id };
    ctx.transactions.check(stage.plan);
    return {
      stage,
      effects: await effectsOfPlan(stage.plan, ctx),
      circumstances: ctx.transactions.reachesOut(stage.plan) ? ['other_names'] : [],
      reversibility: 'reversible',
    };
  },

  recheck: async ({ plan }, ctx) => ctx.transactions.check(plan),

  async commit(stage, ctx) {
    return commitPlan(stage.plan, { committed: stage.of }, ctx);
  },

  verify: async () => ({ ok: true }),
  undo: async (snapshot, ctx) => {
    const staged = await undoPlanned(snapshot, ctx);
    return { ...staged, stage: { ...staged.stage, of: snapshot.action } };
  },
  recover: async (snapshot, ctx) => recoverPlanned(snapshot, ctx),
});
