import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Change, type ChangeSet, sameState } from '../core/effects.ts';
import { HomeostatError } from '../core/errors.ts';
import type { Workspace } from '../core/principal.ts';
import { fileState } from './file-state.ts';
import { rootOf } from './paths.ts';

/** See `Files.check`. */
export async function checkChanges(set: ChangeSet, workspace: Workspace): Promise<void> {
  for (const change of set.changes) await checkUnchanged(change, set, workspace);
}

async function checkUnchanged(
  { path, before, after }: Change,
  set: ChangeSet,
  workspace: Workspace,
): Promise<void> {
  if (!sameState(await fileState(path, rootOf(path, workspace), null), before)) {
    throw new HomeostatError('world_changed', `${path} is not as it was when the change was worked out`);
  }
  if (before?.type !== 'directory' || after?.type === 'directory') return;
  const going = new Set(set.changes.filter((c) => c.after === null).map((c) => c.path));
  const stays = (await readdir(path)).find((name) => !going.has(join(path, name)));
  if (stays !== undefined) {
    throw new HomeostatError(
      'world_changed',
      `${join(path, stays)} was put into a folder that would be removed`,
    );
  }
}
