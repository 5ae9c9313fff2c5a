import { setTimeout as sleep } from 'node:timers/promises';
import type { ActionContext } from '../../../core/context.ts';
import type { Inspected } from '../../../core/engine.ts';
import { asHomeostatError } from '../../../core/errors.ts';
import type { Recovery } from '../../../core/stages.ts';
import { nameOf } from '../../docker/container.ts';
import {
  type ContainerChange,
  type Kept,
  asideName,
  bring,
  find,
  freshName,
  keep,
  keptOf,
  make,
  recoverChange,
  removeIf,
  setAside,
} from '../../docker/container-change.ts';
import type { Failure } from './cause.ts';
import { composeUp } from './compose-program.ts';
import { type Watched, failedNow, waitForHealth } from './health.ts';
import { LABEL } from './model.ts';
import { sharedOf } from './shared.ts';
import type { StackSnapshot, StackStage } from './stage.ts';
import { containersOf, serviceNameOf } from './standing.ts';

/** Lets a plan into the world; answers what undo needs, and what failed. */
export async function applyStack(
  stage: StackStage,
  ctx: ActionContext,
): Promise<{ snapshot: StackSnapshot; failures: Failure[] }> {
  const { engine, actionId } = ctx;
  const { project, networks, volumes, held, well, up } = stage;
  const kept = async (changes: readonly ContainerChange[], as: string): Promise<ContainerChange[]> =>
    Promise.all(
      changes.map(async (change, at) =>
        change.before === null
          ? change
          : { ...change, before: await keep(change.before, `${actionId}-${as}${at}`, engine) },
      ),
    );
  let [own, replaced] = [await kept(stage.changes, 'a'), await kept(stage.replaced, 'b')];
  const snapshot = (): StackSnapshot => ({
    project,
    changes: [...own, ...replaced],
    networks,
    volumes,
    held,
    well,
  });
  await ctx.preserve(snapshot());
  own = await withFresh(own, ctx);
  await ctx.preserve(snapshot());
  await exchange(own, ctx);
  if (up === null) {
    const failures = await waitForHealth(await standingOf(own, well, ctx), BACK, ctx);
    if (failures.length === 0) for (const name of stage.lost) await engine.volumes.remove(name);
    return { snapshot: snapshot(), failures };
  }
  ctx.progress(`Compose makes ${up.services.join(', ')}`);
  const failure = await composeUp(stage, ctx);
  const made = await madeBy(actionId, project, ctx);
  replaced = withMade(replaced, made);
  await ctx.preserve(snapshot());
  const containers = made.map((found) => ({
    id: found.Id,
    watched: up.watched.find(({ service }) => service === serviceNameOf(found)) ?? anyOf(found),
  }));
  const patience = { longestMs: up.seconds * 1000, stableMs: up.stable_seconds * 1000 };
  if (failure === null)
    return { snapshot: snapshot(), failures: await waitForHealth(containers, patience, ctx) };
  const failed = await failedNow(containers, ctx);
  return { snapshot: snapshot(), failures: failed.length > 0 ? failed : [failure] };
}

/** How long what ran before may take to be well again. */
const BACK = { longestMs: 60_000, stableMs: 0 };

const anyOf = (found: Inspected): Watched => ({
  service: serviceNameOf(found),
  image: null,
  probe: null,
  ends: false,
});

async function madeBy(action: string, project: string, ctx: ActionContext): Promise<Inspected[]> {
  const found = await containersOf(project, ctx);
  return found.filter(({ Config }) => Config.Labels?.[LABEL.deploy] === action);
}

/** What Compose has made, each beside what it has replaced. */
function withMade(replaced: readonly ContainerChange[], made: readonly Inspected[]): ContainerChange[] {
  const byName = new Map(made.map((found) => [nameOf(found), keptOf(found)]));
  const known = replaced.map((change) => ({ ...change, after: byName.get(change.name) ?? null }));
  const names = new Set(replaced.map(({ name }) => name));
  const fresh = [...byName].filter(([name]) => !names.has(name));
  return [...known, ...fresh.map(([name, after]) => ({ name, before: null, after }))];
}

/** Makes all that comes, beside what stands. */
async function withFresh(
  changes: readonly ContainerChange[],
  ctx: ActionContext,
): Promise<ContainerChange[]> {
  const ids = new Map<string, string>();
  const fresh: ContainerChange[] = [];
  for (const change of changes) {
    const { name, after } = change;
    if (after === null) fresh.push(change);
    else {
      const kept = repointed(after, ids);
      const id = await make(kept, freshName(name, ctx.actionId), ctx.engine);
      if (after.id !== null) ids.set(after.id, id);
      fresh.push({ ...change, after: { ...kept, id } });
    }
  }
  return fresh;
}

/** One that shares another's network or processes names it by its id, which is a new one when that is made again. */
function repointed(kept: Kept, ids: ReadonlyMap<string, string>): Kept {
  const { spec } = kept;
  const shared = ['NetworkMode', 'IpcMode', 'PidMode'].flatMap((key) => {
    const id = ids.get(/^container:(.+)$/.exec(String(spec.host_config[key]))?.[1] ?? '');
    return id === undefined ? [] : [[key, `container:${id}`]];
  });
  return { ...kept, spec: { ...spec, host_config: { ...spec.host_config, ...Object.fromEntries(shared) } } };
}

/** All that goes is set aside before anything comes: ports and names are free by then. */
async function exchange(
  changes: readonly ContainerChange[],
  { engine, actionId }: ActionContext,
): Promise<void> {
  const going = changes.flatMap(({ name, before }) => (before?.id ? [{ name, before, id: before.id }] : []));
  await Promise.all(
    going.map(async ({ name, before }) => setAside(before, asideName(name, actionId), engine)),
  );
  for (const { name, after } of changes)
    if (after?.id) {
      await engine.rename(after.id, name);
      await bring(after.id, after.goal, engine);
    }
  await Promise.all(going.map(async ({ id }) => removeIf(id, engine)));
}

/** Containers that were well and have to be so again. */
async function standingOf(
  changes: readonly ContainerChange[],
  well: readonly string[],
  ctx: ActionContext,
): Promise<{ id: string; watched: Watched }[]> {
  const names = changes.flatMap(({ name, after }) => (after !== null && well.includes(name) ? [name] : []));
  const found = await Promise.all(names.map(async (name) => find(ctx.engine, name)));
  return found.flatMap((one) => (one === null ? [] : [{ id: one.Id, watched: anyOf(one) }]));
}

const LOOKS = 3;
const LOOK_MS = 200;

/** Compose may have been ended in the middle of a call, which the engine carries out all the same. */
async function removeMadeBy(action: string, project: string, ctx: ActionContext): Promise<void> {
  for (let quiet = 0; quiet < LOOKS; await sleep(LOOK_MS)) {
    const made = await madeBy(action, project, ctx);
    quiet = made.length === 0 ? quiet + 1 : 0;
    for (const { Id } of made) await removeIf(Id, ctx.engine);
  }
}

/** Takes back what a deploy has done, wherever it stands, and waits until what ran before is well again. */
export async function recoverStack(snapshot: StackSnapshot, ctx: ActionContext): Promise<Recovery> {
  const { project, changes, networks, volumes, well } = snapshot;
  const { engine, actionId } = ctx;
  await removeMadeBy(actionId, project, ctx);
  const wrong: string[] = [];
  const ids = new Map<string, string>();
  for (const change of changes) {
    const before = change.before === null ? null : repointed(change.before, ids);
    const { outcome, message } = await recoverChange({ ...change, before }, ctx);
    if (outcome !== 'rolled_back') wrong.push(message);
    const back = before?.id ? await find(engine, change.name) : null;
    if (before?.id && back !== null) ids.set(before.id, back.Id);
  }
  wrong.push(...(await removeMade('volumes', volumes, project, ctx)));
  wrong.push(...(await removeMade('networks', networks, project, ctx)));
  const back = changes.map(({ name, before }) => ({ name, before: null, after: before }));
  const ill = await waitForHealth(await standingOf(back, well, ctx), BACK, ctx);
  wrong.push(...ill.map(({ service, detail }) => `${service} was well before and is not: ${detail}`));
  if (wrong.length > 0) return { outcome: 'rollback_failed', message: wrong.join('; ') };
  const count = changes.filter(({ before }) => before !== null).length;
  return { outcome: 'rolled_back', message: `what ran before runs again, ${count} containers of ${project}` };
}

/** What came into being with it goes again, unless something else holds it by now. */
async function removeMade(
  kind: 'networks' | 'volumes',
  names: readonly string[],
  project: string,
  { engine }: ActionContext,
): Promise<string[]> {
  if (names.length === 0) return [];
  const there = (await sharedOf(kind, engine)).filter(
    (one) => names.includes(one.name) && one.project === project,
  );
  const told = await Promise.all(
    there.map(async ({ name }) => {
      try {
        await (kind === 'networks' ? engine.networks.remove(name) : engine.volumes.remove(name));
        return [];
      } catch (error) {
        return [`${name} stays: ${asHomeostatError(error).message}`];
      }
    }),
  );
  return told.flat();
}
