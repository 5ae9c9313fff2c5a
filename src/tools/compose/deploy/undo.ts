import type { ActionContext } from '../../../core/context.ts';
import type { Staged } from '../../../core/stages.ts';
import { containerDiff } from '../../docker/container-diff.ts';
import { recheckStack } from './recheck.ts';
import type { StackSnapshot, StackStage } from './stage.ts';

const NOTE =
  'Containers are made again as they were, of the same images and with what they had written; volumes, networks, files and git commits stay as they are.';

/** The stage that takes a deploy back: each container the other way round, made by homeostat itself. */
export async function undoStack(snapshot: StackSnapshot, ctx: ActionContext): Promise<Staged<StackStage>> {
  const { project, held, well } = snapshot;
  const changes = snapshot.changes.map(({ name, before, after }) => ({ name, before: after, after: before }));
  const stage: StackStage = {
    project,
    changes,
    replaced: [],
    up: null,
    networks: [],
    volumes: [],
    lost: [],
    files: {},
    sources: [],
    images: {},
    held,
    standing: [],
    well,
    git: false,
  };
  await recheckStack(stage, ctx);
  return {
    stage,
    effects: { known: true, note: NOTE, changes: [], diff: changes.map(containerDiff).join('') },
    circumstances: [],
    reversibility: 'compensable',
  };
}
