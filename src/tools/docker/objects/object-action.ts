import * as z from 'zod';
import type { ActionContext } from '../../../core/context.ts';
import { HomeostatError } from '../../../core/errors.ts';
import type { Level } from '../../../core/risk.ts';
import type { Staged } from '../../../core/stages.ts';
import { type Action, type Annotations, defineAction } from '../../../core/tool.ts';
import {
  type ObjectChange,
  type ObjectChanges,
  applyChanges,
  checkChanges,
  inverseOf,
  objectChanges,
  recoverChanges,
  titleOf,
  verifyChanges,
} from './changes.ts';
import { releaseImages } from './kept-images.ts';
import { concernsOf } from './concerns.ts';
import { holdsData } from './volume-change.ts';

/** What an action would do with the engine's objects, worked out and not yet done. */
export interface Plan {
  readonly changes: readonly ObjectChange[];
  /** What it is called where that is not the objects’ names: what came since is no other question. */
  readonly what?: string | undefined;
  /** What else a person should know before. */
  readonly note?: string | undefined;
  /** A line that says the same, so that the same rules speak of it. */
  readonly line?: string | undefined;
  /** What rules may speak of beside what the changes themselves tell. */
  readonly circumstances?: readonly string[];
}

interface ObjectTool<I extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly toolset: 'docker_images' | 'docker_networks' | 'docker_volumes' | 'docker_more';
  readonly hints?: Partial<Annotations>;
  readonly input: I;
  readonly level: Level;
  /** Whether all that it does is to remove, so that a line for each says enough. */
  readonly brief?: boolean;
  plan(input: z.infer<I>, ctx: ActionContext): Promise<Plan>;
}

const outputSchema = z.object({
  done: z.array(z.string()),
  image: z
    .object({ id: z.string(), digests: z.array(z.string()).describe('By which a registry knows it') })
    .optional(),
});

const BACK = 'An undo brings it back as it was.';
const KEPT_DATA = 'What a volume holds is kept before and comes back with it.';
const KEPT_BY_ENGINE =
  'It is kept by way of the engine: names, bytes, owners, modes and links, with times to the second; holes are filled and extended attributes are lost.';
const LOST =
  'What a volume holds is too much to be kept, or lies where it cannot be reached: it is lost for good.';
const CACHE = 'Parts of the build cache do not come back; a build makes them anew.';

/** A tool that makes, changes or removes images, networks or volumes, and that is undone by doing the reverse. */
export function objectAction<I extends z.ZodObject>(tool: ObjectTool<I>): Action {
  const { name, title, description, toolset, input, level, brief = false, hints = {} } = tool;
  return defineAction({
    name,
    title,
    description,
    toolset,
    annotations: {
      readOnlyHint: false,
      destructiveHint: true,
      idempotentHint: false,
      openWorldHint: false,
      ...hints,
    },
    input,
    output: outputSchema,
    stageSchema: objectChanges,
    snapshotSchema: objectChanges,

    async assess(given, ctx) {
      const {
        changes,
        line,
        what = changes.map(titleOf).join(', '),
        circumstances: found = [],
      } = await tool.plan(given, ctx);
      const { concerned, circumstances } = await concernsOf(changes, ctx);
      const whose = concerned.length === 0 ? '' : `, which ${concerned.join(', ')} needs`;
      return {
        summary: `${name.replaceAll('_', ' ')}: ${what}${whose}`,
        level,
        reversibility: reversibilityOf(changes),
        touches: [],
        commands: line === undefined ? [] : [{ line, cwd: ctx.workspace.cwd, env: {} }],
        resources: [...new Set(changes.map(resourceOf))],
        circumstances: [...found, ...circumstances, ...lossesOf(changes)],
      };
    },
    async stage(given, ctx) {
      const { changes, note } = await tool.plan(given, ctx);
      return staged({ changes: [...changes] }, note, brief, ctx);
    },
    recheck: checkChanges,
    async commit(stage, ctx) {
      const done = await applyChanges(stage, ctx);
      const told = done.changes.filter((change) => change.kind !== 'endpoint' || done.changes.length === 1);
      const [first] = done.changes;
      const id = first?.kind === 'image' && done.changes.length === 1 ? first.after : null;
      const image = id === null ? null : await ctx.engine.images.find(id);
      return {
        output: {
          done: told.map(titleOf),
          ...(image === null ? {} : { image: { id: image.id, digests: [...image.digests] } }),
        },
        snapshot: done,
        effects: null,
      };
    },
    verify: async (_, snapshot, ctx) => (snapshot === null ? { ok: true } : verifyChanges(snapshot, ctx)),
    async undo(snapshot, ctx) {
      const back = inverseOf(snapshot);
      if (back.changes.length === 0)
        throw new HomeostatError('nothing_to_undo', 'nothing of it can be put back');
      await checkChanges(back, ctx);
      return staged(back, undefined, false, ctx);
    },
    recover: recoverChanges,
    release: async ({ changes }, { actionId, engine }) =>
      releaseImages(
        actionId,
        engine.images,
        changes.map((one) => (one.kind === 'image' && one.after === null ? one.kept : null)),
      ),
  });
}

function resourceOf(change: ObjectChange): string {
  if (change.kind === 'endpoint') return `container:${change.container}`;
  if (change.kind === 'image') return `image:${change.name ?? change.before ?? ''}`;
  return change.kind === 'build_cache' ? `build_cache:${change.id}` : `${change.kind}:${change.name}`;
}

const goingVolumes = (changes: readonly ObjectChange[]) =>
  changes.flatMap((one) =>
    one.kind === 'volume' && one.after === null && one.before !== null ? [one.before] : [],
  );

/** What rules may speak of: data that goes, and what does not come back. */
function lossesOf(changes: readonly ObjectChange[]): string[] {
  const withData = goingVolumes(changes).filter(holdsData);
  const isLost = withData.some(({ extent }) => !extent.whole);
  return [
    ...(withData.length > 0 ? ['volume_with_data'] : []),
    ...(isLost || changes.some(({ kind }) => kind === 'build_cache') ? ['not_undoable'] : []),
  ];
}

const reversibilityOf = (changes: readonly ObjectChange[]): 'compensable' | 'irreversible' =>
  lossesOf(changes).includes('not_undoable') ? 'irreversible' : 'compensable';

async function staged(
  changes: ObjectChanges,
  note: string | undefined,
  brief: boolean,
  ctx: ActionContext,
): Promise<Staged<ObjectChanges>> {
  const data = goingVolumes(changes.changes).filter(holdsData);
  const notes = [
    note,
    BACK,
    data.some(({ extent }) => extent.whole) ? KEPT_DATA : null,
    data.some(({ extent }) => extent.by_engine === true) ? KEPT_BY_ENGINE : null,
    data.some(({ extent }) => !extent.whole) ? LOST : null,
    changes.changes.some(({ kind }) => kind === 'build_cache') ? CACHE : null,
  ];
  return {
    stage: changes,
    effects: {
      known: true,
      note: notes.filter(Boolean).join(' '),
      changes: [],
      diff: (await import('./object-diff.ts')).objectDiff(changes, brief),
    },
    circumstances: [...(await concernsOf(changes.changes, ctx)).circumstances, ...lossesOf(changes.changes)],
    reversibility: reversibilityOf(changes.changes),
  };
}
