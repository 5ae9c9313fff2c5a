import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import {
  containerSpecSchema,
  createRequest,
  differences,
  goalOf,
  goalSchema,
  specOf,
} from '../../core/container-spec.ts';
import type { ActionContext } from '../../core/context.ts';
import type { Engine, Inspected } from '../../core/engine.ts';
import { HomeostatError, asHomeostatError } from '../../core/errors.ts';
import type { Recovery, Verification } from '../../core/stages.ts';
import { hasVolumesOf, reached, withOthers } from './bound.ts';
import { nameOf } from './container.ts';
import { endsBy, waitOut } from './ending.ts';
import { find } from './find.ts';
import { keptTag } from './objects/kept-images.ts';

/** A container with all that it takes to make it again. */
const keptSchema = z.object({
  spec: containerSpecSchema,
  goal: goalSchema,
  /** Digest of the image that it runs. */
  image: z.string(),
  /** Digest of an image that also holds what it had written; null where it had written nothing. */
  layer: z.string().nullable(),
  /** The engine's id, while it stands. */
  id: z.string().nullable(),
  /** Names of containers that it has something of, by what it calls them. */
  others: z.record(z.string(), z.string()).optional(),
});
export type Kept = z.infer<typeof keptSchema>;

/** One container before and after; null means that there is none of that name. Undoing it is its inverse. */
export const containerChange = z.object({
  name: z.string(),
  before: keptSchema.nullable(),
  after: keptSchema.nullable(),
  /** By when the engine has ended the one before, in milliseconds since 1970, where it was asked to. */
  ends_by: z.number().optional(),
});
export type ContainerChange = z.infer<typeof containerChange>;

/** As it stands, without what it has written. */
export const keptOf = (found: Inspected): Kept => ({
  spec: specOf(found),
  goal: goalOf(found),
  image: found.Image,
  layer: null,
  id: found.Id,
});

/** A container that a later undo has made again is the same one under another id. */
export async function asItStands<K extends Kept | null>(
  name: string,
  kept: K,
  { engine }: Pick<ActionContext, 'engine'>,
): Promise<K> {
  if (kept?.id == null || (await find(engine, kept.id)) !== null) return kept;
  const found = await find(engine, name);
  const isSame = found !== null && differences(kept.spec, specOf(found)).length === 0;
  return isSame ? { ...kept, id: found.Id } : kept;
}

/** Throws where what stands is not what the change was worked out from. */
export async function checkBefore(
  { name, before }: ContainerChange,
  { engine, force }: ActionContext,
): Promise<void> {
  const found = await find(engine, before?.id ?? name);
  if (before === null) {
    if (found !== null) throw new HomeostatError('world_changed', `there is a container ${name} by now`);
    return;
  }
  if (found === null) throw new HomeostatError('world_changed', `container ${name} is gone`);
  const changed = differences(before.spec, specOf(found));
  if (goalOf(found) !== before.goal) changed.push('state');
  if (changed.length > 0 && !force)
    throw new HomeostatError('world_changed', `container ${name} has changed: ${changed.join(', ')}`);
}

/** Names the image that a container runs, and makes one of what it has written, so that it can be made again. */
export async function keep(before: Kept, under: string, engine: Engine): Promise<Kept> {
  if (before.id === null) return before;
  await engine.tag(before.image, keptTag('image', under));
  const paths = await engine.written(before.id);
  const kept = await withOthers(before, engine);
  return paths === 0 ? kept : { ...kept, layer: await engine.commit(before.id, keptTag('layer', under)) };
}

/** Brings about a change that was checked; answers it with what undo needs. */
export async function applyChange(change: ContainerChange, ctx: ActionContext): Promise<ContainerChange> {
  const { engine, actionId } = ctx;
  const { name } = change;
  // The one to be made is none that stands, whatever stood there before.
  const after =
    change.after === null
      ? null
      : { ...(await withOthers(await reached(change.after, engine), engine)), id: null };
  // On record before anything is kept for it, so that it is let go again whatever comes.
  await ctx.preserve({ name, before: change.before, after });
  const before = change.before === null ? null : await keep(change.before, actionId, engine);
  await ctx.preserve({ name, before, after });
  const fresh = after === null ? null : await make(after, freshName(name, actionId), engine);
  // A recovery must know it by its id: under the name somebody else's may stand by then.
  const done = { name, before, after: after === null ? null : { ...after, id: fresh } };
  const ends = before?.id && before.goal !== 'exited' && { ends_by: endsBy(await engine.inspect(before.id)) };
  await ctx.preserve({ ...done, ...ends });
  const holder = after === null ? await holdVolumes(before, holderName(name, actionId), engine) : null;
  if (before?.id) await setAside(before, asideName(name, actionId), engine);
  if (after !== null && fresh !== null) {
    await engine.rename(fresh, name);
    await bring(fresh, after.goal, engine);
    await settle(fresh, after.goal, ctx);
  }
  if (before?.id) await removeIf(before.id, engine);
  if (holder !== null) await engine.remove(holder);
  return done;
}

export const freshName = (name: string, actionId: string): string => `${name}-new-${actionId}`;
const holderName = (name: string, actionId: string): string => `${name}-volumes-${actionId}`;
export const asideName = (name: string, actionId: string): string => `${name}-before-${actionId}`;

export async function make({ spec, image, layer }: Kept, name: string, engine: Engine): Promise<string> {
  // By its name, where that still means the same image, so that the container says what it was made of.
  const same = layer === null && (await engine.imageId(spec.config.Image)) === image;
  const { body, connect } = createRequest(spec, same ? spec.config.Image : (layer ?? image));
  const id = await engine.create(name, body);
  for (const [network, endpoint] of connect) await engine.connect(id, network, endpoint);
  return id;
}

export async function setAside({ id, goal, spec }: Kept, name: string, engine: Engine): Promise<void> {
  if (id === null) return;
  if (goal === 'paused') await engine.unpause(id);
  if (goal !== 'exited') await engine.stop(id);
  if (goal !== 'exited' && spec.host_config['AutoRemove'] === true) return gone(id, engine);
  await engine.rename(id, name);
}

const GONE_MS = 10_000;

/** The engine removes one that is removed when it ends a moment after it has ended. */
async function gone(id: string, engine: Engine): Promise<void> {
  for (const until = performance.now() + GONE_MS; performance.now() < until; await sleep(LOOK_MS / 5))
    if ((await find(engine, id)) === null) return;
  throw new HomeostatError('engine_conflict', `container ${id} is not removed in time`);
}

/**
 * The engine removes the volumes without a name of a container that is removed when it ends, unless another has them:
 * here one that never runs.
 */
async function holdVolumes(before: Kept | null, name: string, engine: Engine): Promise<string | null> {
  if (!before?.id || before.spec.host_config['AutoRemove'] !== true) return null;
  const Mounts = before.spec.mounts
    .filter(({ type }) => type === 'volume')
    .map(({ name: Source, target: Target }) => ({
      Type: 'volume',
      Source,
      Target,
      // An empty one would be filled with what the image has there.
      VolumeOptions: { NoCopy: true },
    }));
  if (Mounts.length === 0) return null;
  return engine.create(name, {
    Image: before.image,
    Cmd: ['never'],
    HostConfig: { Mounts, NetworkMode: 'none' },
  });
}

/**
 * Removes one that was made and is taken back, with the volumes that the engine made for it alone. One that has
 * another's volumes without a name would take those along where the other is gone.
 */
export async function unmake(found: Inspected, engine: Engine): Promise<void> {
  await engine.remove(found.Id, { ownVolumes: !hasVolumesOf(found) });
}

export async function removeIf(id: string, engine: Engine): Promise<void> {
  if ((await find(engine, id)) !== null) await engine.remove(id);
}

/** Brings a container from whatever it does to what it is to do. */
export async function bring(id: string, goal: Kept['goal'], engine: Engine): Promise<void> {
  const now = goalOf(await engine.inspect(id));
  if (now === goal) return;
  if (now === 'paused') await engine.unpause(id);
  if (goal === 'exited') return engine.stop(id);
  if (now === 'exited') await engine.start(id);
  if (goal === 'paused') await engine.pause(id);
}

const STABLE_MS = 2000;
const LOOK_MS = 100;

/** Waits until it is healthy, or has run for a while where it has no health check; throws where it does not. */
async function settle(id: string, goal: Kept['goal'], ctx: ActionContext): Promise<void> {
  if (goal !== 'running') return;
  const until = performance.now() + ctx.config.limits.command_seconds * 1000;
  const started = performance.now();
  for (;;) {
    ctx.signal.throwIfAborted();
    const found = await ctx.engine.inspect(id);
    const { State } = found;
    const health = State.Health?.Status ?? 'none';
    if (State.Status !== 'running' || (found.RestartCount ?? 0) > 0 || health === 'unhealthy')
      throw new HomeostatError(
        'verification_failed',
        `${nameOf(found)}: ${await whatIsWrong(found, ctx.engine)}`,
      );
    if (health === 'healthy' || (health === 'none' && performance.now() - started > STABLE_MS)) return;
    if (performance.now() > until)
      throw new HomeostatError('timed_out', `${nameOf(found)} is not healthy in time: ${health}`);
    ctx.progress(`${nameOf(found)}: ${health === 'none' ? 'running' : health}`);
    await sleep(LOOK_MS);
  }
}

const LAST_LINES = 5;

async function whatIsWrong(found: Inspected, engine: Engine): Promise<string> {
  const { State } = found;
  const { text } = await engine.logs(found.Id, {
    tail: LAST_LINES,
    timestamps: false,
    maxBytes: 2000,
    followMs: 0,
    signal: AbortSignal.timeout(1000),
  });
  const how =
    State.OOMKilled === true
      ? 'it ran out of memory'
      : State.Status === 'running' && State.Health?.Status === 'unhealthy'
        ? 'its health check says unhealthy'
        : `it is ${State.Status}, exit code ${State.ExitCode}`;
  return [how, State.Error, text.trim()].filter(Boolean).join('; ');
}

/** Whether what stands is what the change says: each container alike, field by field. */
export async function verifyChange(
  { name, after }: ContainerChange,
  { engine }: ActionContext,
): Promise<Verification> {
  const found = await find(engine, name);
  const wrong =
    after === null
      ? found === null
        ? []
        : ['there is one still']
      : found === null
        ? ['there is none']
        : differences(after.spec, specOf(found));
  if (wrong.length === 0) return { ok: true };
  return {
    ok: false,
    error: new HomeostatError('verification_failed', `container ${name}: ${wrong.join(', ')}`),
  };
}

/** Takes back a change that was cut short, wherever it stands. */
export async function recoverChange(
  { name, before, after, ends_by }: ContainerChange,
  ctx: ActionContext,
): Promise<Recovery> {
  const { engine, actionId } = ctx;
  if (before?.id) await waitOut(before.id, ends_by ?? 0, engine);
  const old = before?.id ? await find(engine, before.id) : null;
  const holder = await find(engine, holderName(name, actionId));
  const fresh = await find(engine, freshName(name, actionId));
  if (fresh !== null) await unmake(fresh, engine);
  const made = after?.id ? await find(engine, after.id) : null;
  if (made !== null) await unmake(made, engine);
  const there = await find(engine, name);
  if (there !== null && there.Id !== old?.Id)
    return { outcome: 'rollback_failed', message: `another container has the name ${name} by now` };
  let back = before;
  try {
    if (before !== null && old === null) back = await reached(before, engine);
  } catch (error) {
    if (asHomeostatError(error).code !== 'bound_container') throw error;
    return { outcome: 'rollback_failed', message: asHomeostatError(error).message };
  }
  if (back !== null) {
    const id = old?.Id ?? (await make(back, name, engine));
    if (old !== null && nameOf(old) !== name) await engine.rename(old.Id, name);
    await bring(id, back.goal, engine);
  }
  if (holder !== null) await engine.remove(holder.Id);
  const { ok } = await verifyChange({ name, before: null, after: back }, ctx);
  return {
    outcome: ok ? 'rolled_back' : 'rollback_failed',
    message: ok ? `container ${name} is as it was` : `container ${name} is not what it was`,
  };
}
