import { setTimeout as sleep } from 'node:timers/promises';
import type { ActionContext } from '../../../core/context.ts';
import type { Inspected } from '../../../core/engine.ts';
import { asHomeostatError } from '../../../core/errors.ts';
import type { Recovery } from '../../../core/stages.ts';
import { hasVolumesOf, reached, repointed, withOthers } from '../../docker/bound.ts';
import { nameOf } from '../../docker/container.ts';
import {
  type ContainerChange,
  type Kept,
  asideName,
  bring,
  freshName,
  keep,
  keptOf,
  make,
  recoverChange,
  removeIf,
  setAside,
  unmake,
} from '../../docker/container-change.ts';
import { find } from '../../docker/find.ts';
import type { Failure } from './cause.ts';
import { composeUp } from './compose-program.ts';
import { type Watched, failedNow, waitForHealth } from './health.ts';
import { tagged } from '../../docker/images/reference.ts';
import type { ImageChange } from '../../docker/objects/image-change.ts';
import { LABEL } from './model.ts';
import { applyPlan, recoverPlanned } from '../../plan/planned.ts';
import { shownPath } from '../../file/shown-path.ts';
import { ledAwayFailure } from './leads.ts';
import { arrived, dropNames, giveNames, takeBackImages } from './images.ts';
import { changedBefore, keepFiles } from './ran.ts';
import { sharedOf } from './shared.ts';
import { type StackSnapshot, type StackStage, editsOf } from './stage.ts';
import { containersOf, serviceNameOf } from './standing.ts';

/** Lets a plan into the world; answers what undo needs, and what failed. */
export async function applyStack(
  stage: StackStage,
  ctx: ActionContext,
): Promise<{ snapshot: StackSnapshot; failures: Failure[] }> {
  const { engine, actionId } = ctx;
  const { project, networks, volumes, held, well, up, probes } = stage;
  const kept = async (changes: readonly ContainerChange[], as: string): Promise<ContainerChange[]> =>
    Promise.all(
      changes.map(async (change, at) =>
        change.before === null
          ? change
          : { ...change, before: await keep(change.before, `${actionId}-${as}${at}`, engine) },
      ),
    );
  let [own, replaced] = [[...stage.changes], [...stage.replaced]];
  let edits: StackSnapshot['edits'] = null;
  let images: readonly ImageChange[] = [];
  const files = stage.turned ?? (await keepFiles({ ...stage, changes: editsOf(stage) }, ctx));
  const snapshot = (): StackSnapshot => ({
    edits,
    files,
    images: [...images],
    project,
    changes: [...own, ...replaced],
    networks,
    volumes,
    held,
    well,
    probes,
  });
  const note = async (now: readonly ImageChange[]): Promise<void> => {
    images = now;
    await ctx.preserve(snapshot());
  };
  const failed = await arrived(stage, ctx, note);
  if (failed !== null) return { snapshot: snapshot(), failures: [failed] };
  await giveNames(stage.named, ctx, note);
  // On record before anything is kept for it, so that it is let go again whatever comes.
  await ctx.preserve(snapshot());
  [own, replaced] = [await kept(own, 'a'), await kept(replaced, 'b')];
  await ctx.preserve(snapshot());
  edits = await applyEdits(stage, ctx, async (planned) => {
    edits = planned;
    await ctx.preserve(snapshot());
  });
  own = await withFresh(own, ctx);
  await ctx.preserve(snapshot());
  await exchange(own, ctx);
  await dropNames(images, ctx);
  if (up === null) {
    const failures = await waitForHealth(await standingOf(own, well, probes.after, ctx), BACK, ctx);
    if (failures.length === 0) for (const name of stage.lost) await engine.volumes.remove(name);
    return { snapshot: snapshot(), failures };
  }
  ctx.progress(`Compose makes ${[...up.services, ...up.more].join(', ')}`);
  const failure = (await composeUp(stage, ctx)) ?? (await ledAwayFailure(stage.leads, ctx));
  const made = await madeBy(actionId, project, ctx);
  replaced = await withMade(replaced, made, ctx);
  await ctx.preserve(snapshot());
  const containers = made.map((found) => ({
    id: found.Id,
    watched:
      withImage(
        up.watched.find(({ service }) => service === serviceNameOf(found)),
        images,
      ) ?? anyOf(found),
  }));
  const patience = { longestMs: up.seconds * 1000, stableMs: up.stable_seconds * 1000 };
  if (failure === null)
    return { snapshot: snapshot(), failures: await waitForHealth(containers, patience, ctx) };
  const ill = await failedNow(containers, ctx);
  return { snapshot: snapshot(), failures: ill.length > 0 ? ill : [failure] };
}

/** One that waits for an image that came with the deploy waits for that very one. */
function withImage(watched: Watched | undefined, images: readonly ImageChange[]): Watched | undefined {
  const name = watched?.name === undefined ? null : tagged(watched.name);
  const come = images.find((one) => one.name === name)?.after;
  return watched === undefined || come === undefined ? watched : { ...watched, image: come };
}

/** Puts the changed files into the world; `note` makes durable what takes them back. */
async function applyEdits(
  { edits }: StackStage,
  ctx: ActionContext,
  note: (planned: StackSnapshot['edits']) => Promise<void>,
): Promise<StackSnapshot['edits']> {
  if (edits === null) return null;
  if ('plan' in edits) return applyPlan(edits.plan, ctx, note);
  const plan = await ctx.transactions.plan(edits);
  // Looked at after the plan, which holds what stands there to be what the change set was worked out from.
  await ctx.files.check(edits);
  return applyPlan(plan, ctx, note);
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
async function withMade(
  replaced: readonly ContainerChange[],
  made: readonly Inspected[],
  { engine }: ActionContext,
): Promise<ContainerChange[]> {
  const byName = new Map<string, Kept>();
  for (const found of made) byName.set(nameOf(found), await withOthers(keptOf(found), engine));
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
      const kept = await withOthers(await reached(repointed(after, ids), ctx.engine), ctx.engine);
      const id = await make(kept, freshName(name, ctx.actionId), ctx.engine);
      if (after.id !== null) ids.set(after.id, id);
      fresh.push({ ...change, after: { ...kept, id } });
    }
  }
  return fresh;
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
  probes: Readonly<Record<string, string>>,
  ctx: ActionContext,
): Promise<{ id: string; watched: Watched }[]> {
  const names = changes.flatMap(({ name, after }) => (after !== null && well.includes(name) ? [name] : []));
  const found = await Promise.all(names.map(async (name) => find(ctx.engine, name)));
  return found.flatMap((one) =>
    one === null
      ? []
      : [{ id: one.Id, watched: { ...anyOf(one), probe: probes[serviceNameOf(one)] ?? null } }],
  );
}

const LOOKS = 3;
const LOOK_MS = 200;

/** Compose may have been ended in the middle of a call, which the engine carries out all the same. */
async function removeMadeBy(action: string, project: string, ctx: ActionContext): Promise<void> {
  for (let quiet = 0; quiet < LOOKS; await sleep(LOOK_MS)) {
    const made = await madeBy(action, project, ctx);
    quiet = made.length === 0 ? quiet + 1 : 0;
    // What has another's volumes goes before it, so that none is in use when its own container goes.
    for (const one of made.toSorted((a, b) => Number(hasVolumesOf(b)) - Number(hasVolumesOf(a))))
      await unmake(one, ctx.engine);
  }
}

/** Takes back what a deploy has done, wherever it stands, and waits until what ran before is well again. */
export async function recoverStack(snapshot: StackSnapshot, ctx: ActionContext): Promise<Recovery> {
  const { project, changes, networks, volumes, well, probes } = snapshot;
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
  wrong.push(...(await takeBackImages(snapshot.images, ctx)));
  const files = snapshot.edits === null ? null : recoverPlanned(snapshot.edits, ctx);
  if (files !== null && files.outcome !== 'rolled_back') wrong.push(files.message);
  const back = changes.map(({ name, before }) => ({ name, before: null, after: before }));
  const ill = await waitForHealth(await standingOf(back, well, probes.before, ctx), BACK, ctx);
  wrong.push(...ill.map(({ service, detail }) => `${service} was well before and is not: ${detail}`));
  if (wrong.length > 0) return { outcome: 'rollback_failed', message: wrong.join('; ') };
  const count = changes.filter(({ before }) => before !== null).length;
  const also = files === null ? '' : ', and the files are as they were';
  const left = changedBefore(snapshot.files).map((path) => shownPath(path, ctx.workspace.cwd));
  const other = left.length === 0 ? '' : `; ${left.join(', ')} had been changed before it and stay so`;
  return {
    outcome: 'rolled_back',
    message: `what ran before runs again, ${count} containers of ${project}${also}${other}`,
  };
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
