import * as z from 'zod';
import type { ActionContext } from '../../core/context.ts';
import { type ActionDefinition, defineAction } from '../../core/tool.ts';

const stage = z.object({ of: z.string(), tool: z.string(), stage: z.unknown() });
const snapshot = z.object({ of: z.string(), tool: z.string(), snapshot: z.unknown() });

const input = z.object({ id: z.string().describe('Snapshot or action id') });
const output = z.object({ undone: z.string() });

const definition: ActionDefinition<typeof input, typeof output, typeof stage, typeof snapshot> = {
  name: 'rollback',
  title: 'Undo an action',
  description:
    'Undo one action by its id. Refuses, by name, where a file was changed since; another agent’s action is asked about.',
  toolset: 'core',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
  input,
  output,
  stageSchema: stage,
  snapshotSchema: snapshot,

  async assess({ id }, ctx) {
    const { summary, own, unknown, resources } = ctx.undoing.find(id);
    return {
      summary: `undo ${id}: ${summary}`,
      level: 'LOW',
      reversibility: 'reversible',
      touches: [],
      commands: [],
      resources,
      circumstances: [...(own ? [] : ['not_own_action']), ...(unknown ? ['outcome_unknown'] : [])],
      undoes: id,
      contained: true,
    };
  },

  stage: async ({ id }, ctx) => ctx.undoing.stage(id, ctx),

  recheck: async ({ tool, stage: inner }, ctx) => ctx.undoing.recheck(tool, inner, ctx),

  keepsFirst: ({ stage: inner }) => (inner as { kind?: unknown } | null)?.kind === 'planned',

  async commit({ of, tool, stage: inner }, ctx) {
    const done = await ctx.undoing.commit(tool, inner, wrapping(of, tool, ctx));
    return {
      output: { undone: of },
      snapshot: done.snapshot === null ? null : { of, tool, snapshot: done.snapshot },
      effects: done.effects,
    };
  },

  verify: async (_, kept, ctx) =>
    kept === null ? { ok: true } : ctx.undoing.verify(kept.tool, kept.snapshot, ctx),

  async undo({ of, tool, snapshot: inner }, ctx) {
    const staged = await ctx.undoing.undo(tool, inner, ctx);
    return { ...staged, stage: { of, tool, stage: staged.stage } };
  },

  recover: async ({ of, tool, snapshot: inner }, ctx) =>
    ctx.undoing.recover(tool, inner, wrapping(of, tool, ctx)),

  release: async ({ tool, snapshot: inner }, ctx) => ctx.release(tool, inner),
};

export const rollback = defineAction(definition);

/**
 * The same in spite of what was changed since; what it replaces is kept. It is offered to nobody: a person asks for it
 * in a terminal, and is always shown what comes of it first.
 */
export const forcedRollback = defineAction({
  ...definition,
  name: 'forced_rollback',
  title: 'Undo an action by force',
  description: 'Undo one action by its id, replacing what was changed since.',
  async assess(asked, ctx) {
    const intent = await definition.assess(asked, ctx);
    const circumstances = [...intent.circumstances, 'undo_by_force'];
    return { ...intent, summary: `${intent.summary}, by force`, circumstances };
  },
  stage: async (asked, ctx) => definition.stage(asked, { ...ctx, force: true }),
});

/** What the inner tool preserves is kept in this tool's shape, so that it is found by the right name. */
const wrapping = (of: string, tool: string, ctx: ActionContext): ActionContext => ({
  ...ctx,
  preserve: async (inner) => ctx.preserve({ of, tool, snapshot: inner }),
  complete: (inner) => ctx.complete({ of, tool, snapshot: inner }),
});
