import type { ActionContext } from '../../../core/context.ts';
import type { Change, Effects } from '../../../core/effects.ts';
import { isInside } from '../../../core/inside.ts';
import type { Staged } from '../../../core/stages.ts';
import { containerDiff } from '../../docker/container-diff.ts';
import { asItStands } from '../../docker/container-change.ts';
import { undoPlanned } from '../../plan/planned.ts';
import { effectsOfEdits } from './edits.ts';
import { undoneImages } from './images.ts';
import { filesBack, turned } from './ran.ts';
import { recheckStack } from './recheck.ts';
import type { StackSnapshot, StackStage } from './stage.ts';
import { digestsOf } from './staged.ts';

const NOTE =
  'Containers are made again as they were, of the same images and with what they had written, and the Compose and env files that it ran with are put back; volumes, networks, other files and git commits stay as they are.';

/** The stage that takes a deploy back: each container the other way round, made by homeostat itself. */
export async function undoStack(snapshot: StackSnapshot, ctx: ActionContext): Promise<Staged<StackStage>> {
  const { project, held, well, probes } = snapshot;
  const isOurs = (path: string): boolean => ctx.workspace.roots.some((root) => isInside(path, root));
  const back = await filesBack(snapshot.files, ctx);
  const files = await undoneFiles(back, snapshot.edits, ctx);
  const changes = await Promise.all(
    snapshot.changes.map(async ({ name, before, after }) => ({
      name,
      before: await asItStands(name, after, ctx),
      after: before,
    })),
  );
  const stage: StackStage = {
    project,
    changes,
    replaced: [],
    up: null,
    networks: [],
    volumes: [],
    lost: [],
    files: await digestsOf(Object.keys(snapshot.files).filter(isOurs), ctx),
    ran: {},
    turned: turned(snapshot.files),
    leads: {},
    sources: [],
    edits: files.stage,
    images: {},
    coming: [],
    named: undoneImages(snapshot.images),
    held,
    standing: [],
    well,
    probes: { before: probes.after, after: probes.before },
    git: false,
  };
  await recheckStack(stage, ctx);
  return {
    stage,
    effects: {
      known: true,
      note: NOTE,
      changes: files.effects.changes,
      diff: `${files.effects.diff}${changes.map(containerDiff).join('')}`,
    },
    circumstances: [],
    reversibility: 'compensable',
  };
}

/** By a plan to the inode where only the deploy changed files; else with those that it found changed, to the byte. */
async function undoneFiles(
  back: Change[],
  edits: StackSnapshot['edits'],
  ctx: ActionContext,
): Promise<{ stage: StackStage['edits']; effects: Pick<Effects, 'changes' | 'diff'> }> {
  if (back.length > 0) return { stage: { changes: back }, effects: await effectsOfEdits(back, ctx) };
  if (edits !== null) return undoPlanned(edits, ctx);
  return { stage: null, effects: { changes: [], diff: '' } };
}
