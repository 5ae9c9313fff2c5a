import type { ActionContext } from '../../../core/context.ts';
import { HomeostatError } from '../../../core/errors.ts';
import { checkUnshared } from '../../docker/bound.ts';
import { checkBefore } from '../../docker/container-change.ts';
import { find } from '../../docker/find.ts';
import { imageKind } from '../../docker/objects/image-change.ts';
import { ledAway } from './leads.ts';
import { sharedOf } from './shared.ts';
import type { StackStage } from './stage.ts';
import { digestsOf } from './staged.ts';
import { containersOf } from './standing.ts';

/** Throws where anything that the stage was worked out from is another by now. */
export async function recheckStack(stage: StackStage, ctx: ActionContext): Promise<void> {
  const { engine, force } = ctx;
  const { project, changes, replaced, files, images, held, standing, networks, volumes } = stage;
  const digests = await digestsOf(Object.keys(files), ctx);
  const file = Object.keys(files).find((path) => digests[path] !== files[path]);
  if (file !== undefined) throw changed(`${file} has changed`);
  const led = await ledAway(stage.leads, ctx);
  if (led !== null) throw changed(`${led} leads elsewhere by now`);
  if (stage.edits !== null) await checkEdits(stage.edits, ctx);
  for (const [name, id] of Object.entries(images))
    if ((await engine.imageId(name)) !== id) throw changed(`${name} is another image by now`);
  for (const change of stage.named) await imageKind.check(change, ctx);
  const now = await sharedOf('volumes', engine);
  for (const [name, identity] of Object.entries(held))
    if (now.find((one) => one.name === name)?.identity !== identity && !force)
      throw changed(`volume ${name} is not the one that it was`);
  const taken =
    volumes.find((name) => now.some((one) => one.name === name)) ??
    (networks.length === 0
      ? undefined
      : (await sharedOf('networks', engine)).find(({ name }) => networks.includes(name))?.name);
  if (taken !== undefined) throw changed(`there is a ${taken} by now`);
  if (stage.up !== null) {
    const there = (await containersOf(project, ctx)).map(({ Id }) => Id);
    if (there.toSorted().join() !== standing.toSorted().join())
      throw changed(`${project} has other containers by now`);
  }
  const touched = [...changes, ...replaced];
  for (const change of touched) await checkBefore(change, ctx);
  const going = await Promise.all(
    touched.map(async ({ before }) => (before?.id ? find(engine, before.id) : null)),
  );
  await checkUnshared(
    going.filter((found) => found !== null),
    engine,
  );
}

async function checkEdits(edits: NonNullable<StackStage['edits']>, ctx: ActionContext): Promise<void> {
  if ('plan' in edits) ctx.transactions.check(edits.plan);
  else await ctx.files.check(edits);
}

const changed = (what: string): HomeostatError => new HomeostatError('world_changed', what);
