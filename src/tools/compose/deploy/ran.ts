import * as z from 'zod';
import type { ActionContext } from '../../../core/context.ts';
import { type Change, type FileState, sameState } from '../../../core/effects.ts';
import { HomeostatError } from '../../../core/errors.ts';
import type { Inspected } from '../../../core/engine.ts';
import { isInside } from '../../../core/inside.ts';
import { undoChanges } from '../../file/change-set.ts';
import { LABEL } from './model.ts';
import { type RanFiles, probesSchema, ranFilesSchema } from './ran-files.ts';
import { serviceNameOf } from './standing.ts';

const formerSchema = z.object({
  project: z.string(),
  files: ranFilesSchema,
  probes: probesSchema.optional(),
});

/** What the deploy has kept that made a container; null of one that homeostat did not make. */
function formerOf(
  found: Inspected | undefined,
  project: string,
  { undoing }: Pick<ActionContext, 'undoing'>,
): z.infer<typeof formerSchema> | null {
  const former = formerSchema.safeParse(
    undoing.former('deploy_stack', found?.Config.Labels?.[LABEL.deploy] ?? ''),
  );
  // A label is anybody's to write, but it leads to nothing else than what a deploy of this very project has kept.
  return former.success && former.data.project === project ? former.data : null;
}

/** What the files were when that was deployed which runs; of containers that homeostat did not make, nothing. */
export function ranWith(
  containers: readonly Inspected[],
  project: string,
  ctx: Pick<ActionContext, 'undoing'>,
): Record<string, FileState | null> {
  const newest = containers.toSorted((a, b) => b.Created.localeCompare(a.Created))[0];
  const files = formerOf(newest, project, ctx)?.files ?? {};
  return Object.fromEntries(Object.entries(files).map(([path, { now }]) => [path, now]));
}

/** Probes of what goes, as the deploys had them that made it; where one answers nothing now, it need not later. */
export async function probedWith(
  containers: readonly Inspected[],
  project: string,
  ctx: Pick<ActionContext, 'undoing' | 'answers'>,
): Promise<Record<string, string>> {
  const known = containers.flatMap((found): [string, string][] => {
    const service = serviceNameOf(found);
    const probe = formerOf(found, project, ctx)?.probes?.after[service];
    return probe === undefined ? [] : [[service, probe]];
  });
  const asked = await Promise.all(
    [...new Map(known)].map(async ([service, probe]) => ({
      service,
      probe,
      error: await ctx.answers(probe),
    })),
  );
  return Object.fromEntries(
    asked.flatMap(({ service, probe, error }) => (error === null ? [[service, probe]] : [])),
  );
}

interface Origin {
  readonly files: Readonly<Record<string, string | null>>;
  readonly ran: Readonly<Record<string, FileState | null>>;
  readonly changes: readonly Change[];
}

/** Keeps the content of all that a deploy is worked out from, before anything is changed. */
export async function keepFiles({ files, ran, changes }: Origin, ctx: ActionContext): Promise<RanFiles> {
  const kept: RanFiles = {};
  for (const path of new Set([...Object.keys(files), ...Object.keys(ran)])) {
    const now = await stateIn(path, ctx);
    if (now === undefined) continue;
    if (path in files && (now?.digest ?? null) !== files[path])
      throw new HomeostatError('world_changed', `${path} has changed`);
    kept[path] = { ...(path in ran ? { ran: ran[path] } : {}), now, edited: false };
  }
  for (const { path, before, after } of changes) kept[path] = { ran: before, now: after, edited: true };
  return kept;
}

/** Kept as an object; undefined where this connection may not look. */
async function stateIn(path: string, ctx: ActionContext): Promise<FileState | null | undefined> {
  try {
    return await ctx.files.state(path, true);
  } catch (error) {
    if (error instanceof HomeostatError && error.code === 'outside_roots') return undefined;
    throw error;
  }
}

/** Those that somebody had changed between what ran and this deploy. */
export const changedBefore = (files: RanFiles): string[] =>
  Object.entries(files).flatMap(([path, { ran, now, edited }]) =>
    edited || ran === undefined || sameState(ran, now) ? [] : [path],
  );

/**
 * What puts the files back with which the stack ran; none where the deploy itself changed all that is another. Throws
 * `rollback_conflict` where somebody has changed one since the deploy, unless by force.
 */
export async function filesBack(files: RanFiles, ctx: ActionContext): Promise<Change[]> {
  const known = Object.entries(files).flatMap(([path, { ran, now, edited }]) =>
    ran === undefined ? [] : [{ path, before: ran, after: now, edited }],
  );
  const { roots } = ctx.workspace;
  // What is the same before and after is only looked at, where one may.
  const others = known.filter(
    ({ path, before, after, edited }) =>
      !edited && (!sameState(before, after) || roots.some((root) => isInside(path, root))),
  );
  const back = await changesBack(others, ctx);
  if (back.length === 0) return [];
  return [
    ...back,
    ...(await changesBack(
      known.filter(({ edited }) => edited),
      ctx,
    )),
  ];
}

async function changesBack(changes: Change[], ctx: ActionContext): Promise<Change[]> {
  const { stage } = await undoChanges({ changes }, ctx);
  return stage.changes.filter(({ before, after }) => !sameState(before, after));
}

/** The same the other way round, for the undo of an undo. */
export const turned = (files: RanFiles): RanFiles =>
  Object.fromEntries(
    Object.entries(files).flatMap(([path, { ran, now }]) =>
      ran === undefined ? [] : [[path, { ran: now, now: ran, edited: !sameState(ran, now) }]],
    ),
  );
