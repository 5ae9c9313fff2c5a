import * as z from 'zod';
import { type ContainerSpec, differences, restartOf, specOf } from '../../core/container-spec.ts';
import type { ActionContext } from '../../core/context.ts';
import type { Engine } from '../../core/engine.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { Staged } from '../../core/stages.ts';
import { defineAction } from '../../core/tool.ts';
import { checkGoing, checkNotSwarms, keptBy } from './bound.ts';
import { circumstancesOf, nameOf, resourceOf } from './container.ts';
import {
  type ContainerChange,
  applyChange,
  asItStands,
  checkBefore,
  containerChange,
  keptOf,
  recoverChange,
  verifyChange,
} from './container-change.ts';
import { find } from './find.ts';
import { releaseImages } from './objects/kept-images.ts';

/** Settings that the engine changes while a container runs; one that is zero it takes for “as it was”. */
const LIVE = ['Memory', 'MemorySwap', 'NanoCpus', 'CpuQuota', 'CpuPeriod', 'RestartPolicy'] as const;

const NANO = 1e9;
const DEFAULT_PERIOD = 100_000;

const ANEW =
  'The engine cannot take a limit away from a container that stands, so that it is made anew: what its processes have in memory is lost.';
const KEPT = 'The container goes on with other limits.';
const BACK =
  'An undo sets the former ones again; where there was no limit before, it makes the container anew, with all that it has written.';

export const updateContainer = defineAction({
  name: 'update_container',
  title: 'Change a container’s limits',
  description:
    'Change CPU and memory limits or the restart policy of a container that stands; it is not restarted. Undo sets the former ones.',
  toolset: 'docker_more',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input: z.object({
    container: z.string().min(1).describe('Name or id'),
    cpus: z.number().min(0.01).max(1024).optional().describe('Cores, such as 0.5'),
    memory_bytes: z
      .number()
      .int()
      .min(6 << 20)
      .optional(),
    restart: z.enum(['no', 'always', 'unless-stopped', 'on-failure']).optional(),
    restart_tries: z.number().int().min(0).max(1000).optional().describe('Of on-failure'),
  }),
  output: z.object({ id: z.string(), name: z.string(), changed: z.array(z.string()) }),
  stageSchema: containerChange,
  snapshotSchema: containerChange,

  async assess({ container }, ctx) {
    const found = await ctx.engine.inspect(container);
    return {
      summary: `update container ${nameOf(found)}`,
      level: 'MEDIUM',
      reversibility: 'compensable',
      touches: [],
      commands: [{ line: `docker update ${nameOf(found)}`, cwd: ctx.workspace.cwd, env: {} }],
      resources: [resourceOf(found)],
      circumstances: circumstancesOf(found, ctx.config),
    };
  },

  async stage({ container, ...wanted }, { engine }) {
    const found = await engine.inspect(container);
    checkNotSwarms(found);
    const before = keptOf(found);
    const host_config = { ...before.spec.host_config, ...settingsOf(wanted, before.spec) };
    const after = { ...before, spec: { ...before.spec, host_config } };
    if (differences(before.spec, after.spec).length === 0)
      throw new HomeostatError('invalid_input', `update_container: ${before.spec.name} has these already`);
    return staged({ name: before.spec.name, before, after }, engine);
  },
  async recheck(change, ctx) {
    await checkBefore(change, ctx);
    if (!isLive(change)) await checkGoing(change, ctx.engine);
  },

  async commit(change, ctx) {
    const done = await apply(change, ctx);
    const changed = done.before && done.after ? differences(done.before.spec, done.after.spec) : [];
    return { output: { id: done.after?.id ?? '', name: done.name, changed }, snapshot: done, effects: null };
  },
  verify: async (_, snapshot, ctx) => (snapshot === null ? { ok: true } : verifyChange(snapshot, ctx)),
  async undo({ name, before, after }, ctx) {
    const back = { name, before: await asItStands(name, after, ctx), after: before };
    await checkBefore(back, ctx);
    return staged(back, ctx.engine);
  },

  async recover(change, ctx) {
    const { name, before, after } = change;
    const found = before?.id ? await find(ctx.engine, before.id) : null;
    const update = before && found ? updateTo(specOf(found), before.spec) : null;
    // One that was to be made anew had no id at first, and then another.
    if (found === null || after?.id !== before?.id) return recoverChange(change, ctx);
    if (update === null)
      return {
        outcome: 'rollback_failed',
        message: `container ${name} has a limit that cannot be taken away while it stands; an undo makes it anew`,
      };
    if (Object.keys(update).length > 0) await ctx.engine.update(found.Id, update);
    const seen = await verifyChange({ name, before: null, after: before }, ctx);
    return {
      outcome: seen.ok ? 'rolled_back' : 'rollback_failed',
      message: seen.ok ? `container ${name} is as it was` : seen.error.message,
    };
  },
  release: async (_, { actionId, engine }) => releaseImages(actionId, engine.images),
});

interface Wanted {
  readonly cpus?: number | undefined;
  readonly memory_bytes?: number | undefined;
  readonly restart?: string | undefined;
  readonly restart_tries?: number | undefined;
}

/** In the engine's own words. Memory that is swapped is limited to as much again, unless it was unlimited. */
function settingsOf(
  { cpus, memory_bytes: memory, restart, restart_tries: tries }: Wanted,
  spec: ContainerSpec,
) {
  const { CpuQuota, CpuPeriod, MemorySwap } = spec.host_config;
  const period = Number(CpuPeriod ?? 0) || DEFAULT_PERIOD;
  const byQuota = Number(CpuQuota ?? 0) > 0;
  return {
    ...(cpus === undefined
      ? {}
      : byQuota
        ? { CpuQuota: Math.round(cpus * period), CpuPeriod: period }
        : { NanoCpus: Math.round(cpus * NANO) }),
    ...(memory === undefined ? {} : { Memory: memory, MemorySwap: MemorySwap === -1 ? -1 : 2 * memory }),
    ...(restart === undefined
      ? {}
      : {
          RestartPolicy: {
            Name: restart,
            MaximumRetryCount: restart === 'on-failure' ? (tries ?? 0) : 0,
          },
        }),
  };
}

const isUnset = (value: unknown): boolean => value === undefined || value === null || value === 0;

/** What the engine is told to bring one to another; null where only a new container can be that. */
function updateTo(from: ContainerSpec, to: ContainerSpec): Record<string, unknown> | null {
  const body: Record<string, unknown> = {};
  for (const key of LIVE) {
    const [was, is] = [from, to].map(({ host_config }) =>
      key === 'RestartPolicy' ? restartOf(host_config[key]) : host_config[key],
    );
    if (JSON.stringify(was) === JSON.stringify(is) || (isUnset(was) && isUnset(is))) continue;
    if (isUnset(is)) return null;
    body[key] = is;
  }
  const reached = { ...from, host_config: { ...from.host_config, ...body } };
  return differences(reached, to).length === 0 ? body : null;
}

async function apply(change: ContainerChange, ctx: ActionContext): Promise<ContainerChange> {
  const { before, after } = change;
  const id = before?.id ?? null;
  const update = before && after ? updateTo(before.spec, after.spec) : null;
  if (update === null || id === null) return applyChange(change, ctx);
  const done = { ...change, after: after === null ? null : { ...after, id } };
  await ctx.preserve(done);
  await ctx.engine.update(id, update);
  return done;
}

/** Whether the engine can bring it about while the container goes on. */
const isLive = ({ before, after }: ContainerChange): boolean =>
  before !== null && after !== null && updateTo(before.spec, after.spec) !== null;

async function staged(change: ContainerChange, engine: Engine): Promise<Staged<ContainerChange>> {
  const live = isLive(change);
  const sharers = live ? [] : await checkGoing(change, engine);
  return {
    stage: change,
    effects: {
      known: true,
      note: `${live ? KEPT : ANEW} ${BACK}${keptBy(sharers)}`,
      changes: [],
      diff: (await import('./container-diff.ts')).containerDiff(change),
    },
    circumstances: [],
    reversibility: 'compensable',
  };
}
