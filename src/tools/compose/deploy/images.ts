import type { ActionContext } from '../../../core/context.ts';
import { type HomeostatError, asHomeostatError } from '../../../core/errors.ts';
import { type Listing, MANIFEST } from '../../../core/host.ts';
import { type ImageChange, imageKind } from '../../docker/objects/image-change.ts';
import { archiveOf } from '../build/archive.ts';
import type { Failure } from './cause.ts';
import type { Coming } from './coming-schema.ts';
import type { StackStage } from './stage.ts';
import { LABEL } from './model.ts';

/** What each image keeps has a name of its own. */
const nth = (ctx: ActionContext, n: number): ActionContext => ({ ...ctx, actionId: `${ctx.actionId}-i${n}` });

const inverse = (change: ImageChange): ImageChange => ({
  ...change,
  before: change.after,
  after: change.before,
});

type Note = (changes: readonly ImageChange[]) => Promise<void>;

/** Pulls and builds, and gives the names, before anything else; answers why it could not. */
export async function arrived(
  { coming, up }: StackStage,
  ctx: ActionContext,
  note: Note,
): Promise<Failure | null> {
  if (coming.length === 0) return null;
  const over = AbortSignal.timeout((up?.seconds ?? ctx.config.limits.command_seconds) * 1000);
  const within = { ...ctx, signal: AbortSignal.any([ctx.signal, over]) };
  const done = await kept(coming.map(changeOf), ctx, note);
  for (const [n, change] of done.entries()) {
    const { build = null } = coming[n] ?? {};
    ctx.progress(`${build === null ? 'pull' : 'build'} ${change.name ?? ''}`);
    try {
      const after = await (build === null ? pulled(change, within) : built(build, within));
      done[n] = { ...change, after };
    } catch (error) {
      ctx.signal.throwIfAborted();
      return failureOf(change, build !== null, asHomeostatError(error), over.aborted);
    }
    await note(done);
    if (build !== null) await ctx.engine.images.tag(done[n].after ?? '', change.name ?? '');
  }
  return null;
}

const changeOf = ({ name, before }: Coming): ImageChange => ({
  kind: 'image',
  name,
  before,
  after: null,
  pull: false,
  kept: null,
});

async function pulled(
  { name }: ImageChange,
  { engine, signal, progress }: ActionContext,
): Promise<string | null> {
  await engine.images.pull(name ?? '', signal, progress);
  return engine.imageId(name ?? '');
}

/** Gives names back, as an undo does; those that are to be taken away are left for `dropNames`. */
export async function giveNames(
  changes: readonly ImageChange[],
  ctx: ActionContext,
  note: Note,
): Promise<ImageChange[]> {
  const done = await kept(changes, ctx, note);
  for (const [n, change] of done.entries())
    if (change.after !== null) await imageKind.apply(change, nth(ctx, n), nothing);
  return done;
}

/** Takes names away from images that no container is made of any more. */
export async function dropNames(changes: readonly ImageChange[], ctx: ActionContext): Promise<void> {
  for (const [n, change] of changes.entries())
    if (change.after === null) await imageKind.apply(change, nth(ctx, n), nothing);
}

/** Takes it back, wherever it stands; answers what could not be. */
export async function takeBackImages(changes: readonly ImageChange[], ctx: ActionContext): Promise<string[]> {
  const wrong: string[] = [];
  for (const [n, change] of changes.entries()) {
    const back = inverse(change);
    try {
      await imageKind.apply(back, nth(ctx, n), nothing);
      wrong.push(...(await imageKind.wrong(back, ctx)).map((what) => `${imageKind.title(back)}: ${what}`));
      await dropUnnamed(back, ctx);
    } catch (error) {
      wrong.push(`${imageKind.title(back)}: ${asHomeostatError(error).message}`);
    }
  }
  return wrong;
}

/** What was built for it goes, where nobody has given it a name; what a container is made of stays. */
async function dropUnnamed({ before, after }: ImageChange, { engine }: ActionContext): Promise<void> {
  const made = before === null || before === after ? null : await engine.images.find(before);
  if (made === null || made.names.length > 0) return;
  await engine.images.removeUnnamed(made.id).catch(() => undefined);
}

/** The changes that take images back, for an undo. */
export const undoneImages = (changes: readonly ImageChange[]): ImageChange[] =>
  changes.filter(({ before, after }) => before !== after).map(inverse);

async function kept(changes: readonly ImageChange[], ctx: ActionContext, note: Note): Promise<ImageChange[]> {
  if (changes.length === 0) return [];
  const done = [...changes];
  // On record before anything is kept for it, so that it is let go again whatever comes.
  await note(done);
  for (const [n, change] of changes.entries()) done[n] = await imageKind.keep(change, nth(ctx, n));
  await note(done);
  return done;
}

const nothing = async (): Promise<void> => undefined;

async function built(build: NonNullable<Coming['build']>, ctx: ActionContext): Promise<string> {
  const { objects } = ctx.files;
  const listing = JSON.parse(
    (await objects.get(build.listing.slice(MANIFEST.length))).toString('utf8'),
  ) as Listing;
  return ctx.engine.images.build({
    archive: archiveOf(listing, objects),
    dockerfile: build.dockerfile,
    args: build.args,
    labels: { [LABEL.context]: build.digest },
    target: build.target,
    network: build.network,
    memoryBytes: ctx.config.limits.command_memory_bytes,
    signal: ctx.signal,
    progress: ctx.progress,
  });
}

function failureOf(
  { name }: ImageChange,
  isBuild: boolean,
  { code, message }: HomeostatError,
  late: boolean,
): Failure {
  const isMissing = code === 'not_found' || /manifest unknown|not found|pull access denied/i.test(message);
  const cause = late ? 'too_slow' : isBuild ? 'build_failed' : isMissing ? 'image_missing' : 'pull_failed';
  const what = late ? 'the time is over' : message;
  return { service: '', cause, detail: `${name ?? ''}: ${what}`, exit_code: null, log: '' };
}
