import * as z from 'zod';
import { type Goal, doneBy, goalSchema } from '../../core/container-spec.ts';
import type { ActionContext } from '../../core/context.ts';
import { type ContainerState, type Inspected, containerStateSchema } from '../../core/engine.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { Staged } from '../../core/stages.ts';
import { type Action, defineAction } from '../../core/tool.ts';
import { checkNotSwarms, networkSharers } from './bound.ts';
import { circumstancesOf, nameOf, resourceOf } from './container.ts';
import { find } from './find.ts';
import { endsBy, waitOut } from './ending.ts';

const stageSchema = z.object({
  id: z.string(),
  name: z.string(),
  from: containerStateSchema,
  to: goalSchema,
  /** Ended and started anew, though it runs already. */
  restart: z.boolean(),
  seconds: z.number().optional(),
  /** Containers that share its network, and lose it. */
  without: z.array(z.string()).default([]),
});
type StateStage = z.infer<typeof stageSchema>;

const snapshotSchema = stageSchema.omit({ seconds: true, restart: true, without: true }).extend({
  /** By when the engine has ended it, in milliseconds since 1970; missing where it is not to end. */
  ends_by: z.number().optional(),
});
type StateSnapshot = z.infer<typeof snapshotSchema>;

const outputSchema = z.object({
  id: z.string(),
  name: z.string(),
  state: containerStateSchema,
  without_network: z
    .array(z.string())
    .optional()
    .describe('Containers that shared its network; restart them'),
});

const LOST = 'What its processes had in memory is lost.';
const PASSING =
  'The engine removes it when it ends, with what it has written and its volumes without a name, so that an undo does not stop it.';
const KEPT = 'The container, its files and its volumes stay as they are.';
const SHARED =
  'share its network and have none from then on, until they are restarted: an undo does not restart them.';

interface StateTool {
  readonly verb: 'start' | 'stop' | 'restart' | 'pause' | 'unpause';
  readonly title: string;
  readonly description: string;
  readonly to: Goal;
  /** States in which it can be called. */
  readonly from: readonly ContainerState[];
  readonly toolset: string;
}

/** One tool that changes what a container does, and nothing else of it. */
function stateTool({ verb, title, description, to, from, toolset }: StateTool): Action {
  return defineAction({
    name: `${verb}_container`,
    title,
    description,
    toolset,
    annotations: {
      readOnlyHint: false,
      destructiveHint: to !== 'running' || verb === 'restart',
      idempotentHint: verb !== 'restart',
      openWorldHint: false,
    },
    input: z.object({
      container: z.string().min(1).describe('Name or id'),
      timeout_seconds: z
        .number()
        .int()
        .min(0)
        .max(300)
        .optional()
        .describe('How long it may take to end by itself'),
    }),
    output: outputSchema,
    stageSchema,
    snapshotSchema,

    async assess({ container }, ctx) {
      const found = await ctx.engine.inspect(container);
      return {
        summary: `${verb} container ${nameOf(found)}`,
        level: 'LOW',
        reversibility: 'compensable',
        touches: [],
        // The same words as on a command line, so that the same rules speak of it.
        commands: [{ line: `docker ${verb} ${nameOf(found)}`, cwd: ctx.workspace.cwd, env: {} }],
        resources: [resourceOf(found)],
        circumstances: circumstancesOf(found, ctx.config),
      };
    },

    async stage({ container, timeout_seconds }, ctx) {
      const found = await ctx.engine.inspect(container);
      checkNotSwarms(found);
      const { Status } = found.State;
      if (!from.includes(Status) && Status !== to)
        throw new HomeostatError('engine_conflict', `${nameOf(found)} is ${Status}`, {
          next: `It can be called where it is ${from.join(', ')}.`,
        });
      return staged(found, { to, restart: verb === 'restart', seconds: timeout_seconds }, ctx);
    },

    recheck: async (stage, ctx) => unchanged(stage, stage.from, ctx),

    async commit(stage, ctx) {
      const { id, name, from: before, to: goal } = stage;
      const snapshot: StateSnapshot = { id, name, from: before, to: goal };
      const ends = isEnding(stage) && { ends_by: endsBy(await ctx.engine.inspect(id), stage.seconds) };
      await ctx.preserve({ ...snapshot, ...ends });
      await bring(stage, ctx);
      const { State } = await ctx.engine.inspect(id);
      const without = stage.without.length > 0 && { without_network: stage.without };
      return { output: { id, name, state: State.Status, ...without }, snapshot, effects: null };
    },

    async verify(_, snapshot, ctx) {
      if (snapshot === null) return { ok: true };
      const { State } = await ctx.engine.inspect(snapshot.id);
      if (State.Status === snapshot.to) return { ok: true };
      const why = `it is ${State.Status}, exit code ${State.ExitCode} ${State.Error ?? ''}`.trim();
      return { ok: false, error: new HomeostatError('verification_failed', `${snapshot.name}: ${why}`) };
    },

    async undo({ id, name, from: before, to: after }, ctx) {
      const goal = doneBy(before);
      if (goal === after) throw new HomeostatError('nothing_to_undo', `${name} was ${before} before, too`);
      const found = await ctx.engine.inspect(id);
      if (!ctx.force && found.State.Status !== after)
        throw new HomeostatError('world_changed', `${name} is ${found.State.Status} and no longer ${after}`);
      return staged(found, { to: goal, restart: false }, ctx);
    },

    async recover({ id, name, from: before, ends_by }, ctx) {
      await waitOut(id, ends_by ?? 0, ctx.engine);
      const found = await find(ctx.engine, id);
      if (found === null) return { outcome: 'rollback_failed', message: `${name} is gone` };
      await bring({ id, name, from: found.State.Status, to: doneBy(before), restart: false }, ctx);
      const { State } = await ctx.engine.inspect(id);
      const isBack = doneBy(State.Status) === doneBy(before);
      return { outcome: isBack ? 'rolled_back' : 'rollback_failed', message: `${name} is ${State.Status}` };
    },
  });
}

async function staged(
  found: Inspected,
  { to, restart, seconds }: { to: Goal; restart: boolean; seconds?: number | undefined },
  { engine }: ActionContext,
): Promise<Staged<StateStage>> {
  const name = nameOf(found);
  const from = found.State.Status;
  const ends = isEnding({ from, to, restart });
  const isPassing = found.HostConfig.AutoRemove === true;
  if (isPassing && ends && !restart)
    throw new HomeostatError('engine_conflict', `${name} is one that the engine removes when it ends`, {
      next: 'remove_container removes it, and its undo makes it again.',
    });
  const isLasting = isPassing && to === 'running' && !restart && doneBy(from) === 'exited';
  const without = ends ? await networkSharers(found, engine) : [];
  const shared = without.length === 0 ? '' : ` ${without.join(', ')} ${SHARED}`;
  const lines = from === to && !restart ? [] : [`-state: ${from}`, `+state: ${to}${restart ? ', anew' : ''}`];
  return {
    stage: { id: found.Id, name, from, to, restart, without, ...(seconds === undefined ? {} : { seconds }) },
    effects: {
      known: true,
      note: isLasting ? PASSING : ends ? `${LOST} ${KEPT}${shared}` : KEPT,
      changes: [],
      diff:
        lines.length === 0 ? '' : [`--- container ${name}`, `+++ container ${name}`, ...lines, ''].join('\n'),
    },
    circumstances: without.length > 0 ? ['shared_network'] : [],
    reversibility: isLasting ? 'irreversible' : 'compensable',
  };
}

/** Whether its processes are ended on the way. */
const isEnding = ({ from, to, restart }: Pick<StateStage, 'from' | 'to' | 'restart'>): boolean =>
  doneBy(from) !== 'exited' && (to === 'exited' || restart);

async function unchanged({ id, name }: StateStage, from: ContainerState, ctx: ActionContext): Promise<void> {
  const { State } = await ctx.engine.inspect(id);
  if (State.Status !== from)
    throw new HomeostatError('world_changed', `${name} is ${State.Status} and no longer ${from}`);
}

/** A paused container is let go on first: the engine neither stops nor restarts one that cannot hear it. */
async function bring(
  { id, from, to, restart, seconds }: Omit<StateStage, 'without'>,
  { engine }: ActionContext,
): Promise<void> {
  if (from === to && !restart) return;
  if (from === 'paused') await engine.unpause(id);
  if (restart) return engine.restart(id, seconds);
  const runs = doneBy(from) !== 'exited';
  if (to === 'exited') return runs ? engine.stop(id, seconds) : undefined;
  if (!runs) await engine.start(id);
  if (to === 'paused') await engine.pause(id);
}

const RUNS = ['running', 'restarting', 'paused'] as const;
const RESTS = ['created', 'exited'] as const;

export const STATE_TOOLS: readonly Action[] = [
  {
    verb: 'start',
    title: 'Start a container',
    description: 'Start a container that has ended or was never started. Undo stops it.',
    to: 'running',
    from: RESTS,
    toolset: 'docker',
  },
  {
    verb: 'stop',
    title: 'Stop a container',
    description: 'End a container’s processes; it stays and can be started again. Undo starts it.',
    to: 'exited',
    from: RUNS,
    toolset: 'docker',
  },
  {
    verb: 'restart',
    title: 'Restart a container',
    description: 'End a container’s processes and start them anew.',
    to: 'running',
    from: [...RUNS, ...RESTS],
    toolset: 'docker',
  },
  {
    verb: 'pause',
    title: 'Pause a container',
    description: 'Freeze a container’s processes. Undo lets them go on.',
    to: 'paused',
    from: ['running'],
    toolset: 'docker_more',
  },
  {
    verb: 'unpause',
    title: 'Unpause a container',
    description: 'Let a paused container go on.',
    to: 'running',
    from: ['paused'],
    toolset: 'docker_more',
  },
].map((tool) => stateTool(tool as StateTool));
