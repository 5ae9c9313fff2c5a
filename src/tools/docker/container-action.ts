import * as z from 'zod';
import type { ActionContext } from '../../core/context.ts';
import { type Inspected, containerStateSchema } from '../../core/engine.ts';
import type { Level } from '../../core/risk.ts';
import type { Staged } from '../../core/stages.ts';
import { type Action, defineAction } from '../../core/tool.ts';
import { circumstancesOf, nameOf, powersOf, resourceOf } from './container.ts';
import {
  type ContainerChange,
  applyChange,
  asItStands,
  checkBefore,
  containerChange,
  recoverChange,
  verifyChange,
} from './container-change.ts';
import { checkGoing, keptBy, reached } from './bound.ts';
import { find } from './find.ts';
import { releaseImages } from './objects/kept-images.ts';

interface ContainerTool<I extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: I;
  /** The least that an action of this kind has. */
  readonly level: Level;
  plan(input: z.infer<I>, found: Inspected, ctx: ActionContext): Promise<ContainerChange>;
}

const outputSchema = z.object({
  id: z.string().nullable(),
  name: z.string(),
  state: containerStateSchema.nullable().describe('null: it is gone'),
});

const LOST = 'What its processes have in memory, and what lies in tmpfs mounts, is lost.';
const BACK =
  'An undo makes it again from the same image, with the same configuration, what it had written, and its volumes, which stay.';
const STOPPED = 'It does not run, so that nothing is lost.';

/** A tool that makes, changes or removes a whole container, and that is undone by doing the reverse. */
export function containerAction<I extends z.ZodObject>(tool: ContainerTool<I>): Action {
  const target = (input: z.infer<I>): string => String((input as { container: unknown }).container);
  return defineAction({
    name: tool.name,
    title: tool.title,
    description: tool.description,
    toolset: 'docker',
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
    input: tool.input,
    output: outputSchema,
    stageSchema: containerChange,
    snapshotSchema: containerChange,

    async assess(input, ctx) {
      const found = await ctx.engine.inspect(target(input));
      return {
        summary: `${tool.name.replaceAll('_', ' ')} ${nameOf(found)}`,
        level: tool.level,
        reversibility: 'compensable',
        touches: [],
        // What is lost for good is what a stop loses; the same rules speak of both.
        commands: [{ line: `docker stop ${nameOf(found)}`, cwd: ctx.workspace.cwd, env: {} }],
        resources: [resourceOf(found)],
        circumstances: [...circumstancesOf(found, ctx.config), ...powersOf(found, ctx)],
      };
    },
    stage: async (input, ctx) =>
      staged(await tool.plan(input, await ctx.engine.inspect(target(input)), ctx), ctx),
    async recheck(change, ctx) {
      await checkBefore(change, ctx);
      await checkGoing(change, ctx.engine);
    },
    async commit(stage, ctx) {
      const done = await applyChange(stage, ctx);
      const found = done.after === null ? null : await find(ctx.engine, done.name);
      return {
        output: { id: found?.Id ?? null, name: done.name, state: found?.State.Status ?? null },
        snapshot: done,
        effects: null,
      };
    },
    verify: async (_, snapshot, ctx) => (snapshot === null ? { ok: true } : verifyChange(snapshot, ctx)),
    async undo({ name, before, after }, ctx) {
      const back = before === null ? null : await reached(before, ctx.engine);
      const change = { name, before: await asItStands(name, after, ctx), after: back };
      await checkBefore(change, ctx);
      return staged(change, ctx);
    },
    recover: recoverChange,
    release: async (_, { actionId, engine }) => releaseImages(actionId, engine.images),
  });
}

async function staged(change: ContainerChange, ctx: ActionContext): Promise<Staged<ContainerChange>> {
  const { before } = change;
  const sharers = await checkGoing(change, ctx.engine);
  const paths = before?.id ? await ctx.engine.written(before.id) : 0;
  // What has written nothing need not be measured, which takes long.
  const bytes = before?.id && paths > 0 ? await ctx.engine.writtenBytes(before.id) : 0;
  const tooMuch = bytes > ctx.config.limits.snapshot_bytes;
  const runs = before !== null && before.goal !== 'exited';
  const had = paths === 0 ? '' : ` It has written ${bytes} bytes beside its volumes.`;
  return {
    stage: change,
    effects: {
      known: true,
      note: `${before === null ? '' : runs ? LOST : STOPPED} ${BACK}${had}${keptBy(sharers)}`.trim(),
      changes: [],
      diff: (await import('./container-diff.ts')).containerDiff(change),
    },
    circumstances: tooMuch ? ['not_all_preserved'] : [],
    reversibility: tooMuch ? 'irreversible' : 'compensable',
  };
}
