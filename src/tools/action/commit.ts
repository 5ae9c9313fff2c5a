import * as z from 'zod';
import { defineAction } from '../../core/tool.ts';
import {
  adoptPlanned,
  commitPlanned,
  plannedSnapshot,
  plannedStage,
  recoverPlanned,
  undoPlanned,
} from '../command/sandboxed.ts';

const NOTE = 'Can be undone to the byte: what stood there is kept as it was.';

export const commitStage = defineAction({
  name: 'commit_stage',
  title: 'Commit a failed command’s changes',
  description:
    'Commit what a failed run_command had changed in its stage, by its action id; judged as its changes deserve.',
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
    const kept = plannedStage.parse(ctx.undoing.kept(id).stage);
    const stage = { ...adoptPlanned(kept, id, ctx), of: id };
    ctx.transactions.check(stage.plan);
    return {
      stage,
      effects: await ctx.transactions.effects(stage.plan, NOTE),
      circumstances: [],
      reversibility: 'reversible',
    };
  },

  recheck: async ({ plan }, ctx) => ctx.transactions.check(plan),

  async commit(stage, ctx) {
    const { snapshot, effects } = await commitPlanned(stage, ctx);
    ctx.undoing.used(stage.of);
    return { output: { committed: stage.of }, snapshot, effects };
  },

  verify: async () => ({ ok: true }),
  undo: async (snapshot, ctx) => {
    const staged = await undoPlanned(snapshot, ctx);
    return { ...staged, stage: { ...staged.stage, of: snapshot.action } };
  },
  recover: async (snapshot, ctx) => recoverPlanned(snapshot, ctx),
});
