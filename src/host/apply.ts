import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import {
  type FileHandle,
  lchown,
  lstat,
  lutimes,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  rmdir,
  symlink,
  unlink,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  type Change,
  type ChangeSet,
  type FileState,
  UNFINISHED_FOLDER,
  sameState,
} from '../core/effects.ts';
import { HomeostatError } from '../core/errors.ts';
import type { Objects } from '../core/host.ts';
import type { Workspace } from '../core/principal.ts';
import { type Anchor, inParent } from './anchor.ts';
import { fileState } from './file-state.ts';
import { rootOf } from './paths.ts';

/** The name under which new content is written before it takes its place; short, however long the path's own is. */
const temporaryName = (path: string, actionId: string): string =>
  `.homeostat-${actionId}-${createHash('sha256').update(basename(path)).digest('hex').slice(0, 16)}`;

const deepestFirst = (a: Change, b: Change): number => (a.path < b.path ? 1 : -1);
const shallowFirst = (a: Change, b: Change): number => (a.path < b.path ? -1 : 1);

/** Brings the world from each `before` to its `after`; see `Files.apply`. */
export async function applyChanges(
  set: ChangeSet,
  actionId: string,
  workspace: Workspace,
  objects: Objects,
): Promise<void> {
  await checkChanges(set, workspace);
  const replacesType = (c: Change): boolean => c.before !== null && c.after?.type !== c.before.type;
  for (const change of set.changes.filter(replacesType).toSorted(deepestFirst)) {
    await inParent(rootOf(change.path, workspace), change.path, async (parent) => remove(parent, change));
  }
  for (const change of set.changes.filter((c) => c.after !== null).toSorted(shallowFirst)) {
    await inParent(rootOf(change.path, workspace), change.path, async (parent) =>
      place(parent, change, temporaryName(change.path, actionId), objects),
    );
  }
  // A folder's own mode and time come last: filling it needs the one and moves the other.
  for (const { path, after } of [...set.changes].toSorted(deepestFirst)) {
    if (after?.type !== 'directory') continue;
    await inParent(rootOf(path, workspace), path, async (parent) =>
      dressFolder(parent.entry(basename(path)), after),
    );
  }
}

/** See `Files.check`. */
export async function checkChanges(set: ChangeSet, workspace: Workspace): Promise<void> {
  for (const change of set.changes) await checkUnchanged(change, set, workspace);
}

/** Removes the temporary files of an apply that was killed. */
export async function sweepChanges(set: ChangeSet, actionId: string, workspace: Workspace): Promise<void> {
  for (const { path } of set.changes) {
    await inParent(rootOf(path, workspace), path, async (parent) =>
      rm(parent.entry(temporaryName(path, actionId)), { force: true }),
    ).catch((error: unknown) => {
      // Where the folder is gone, or is none any more, nothing can have been left in it.
      if (!(error instanceof HomeostatError && ['not_found', 'world_changed'].includes(error.code)))
        throw error;
    });
  }
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

async function remove(parent: Anchor, { path, before }: Change): Promise<void> {
  const entry = parent.entry(basename(path));
  await (before?.type === 'directory' ? rmdir(entry) : unlink(entry));
  await parent.handle.sync();
}

async function place(
  parent: Anchor,
  { path, after }: Change,
  temporary: string,
  objects: Objects,
): Promise<void> {
  if (after === null) return;
  const entry = parent.entry(basename(path));
  if (after.type === 'directory') {
    await mkdir(entry, { mode: UNFINISHED_FOLDER }).catch(ignore('EEXIST'));
  } else if (after.type === 'symlink') {
    const at = parent.entry(temporary);
    await symlink(after.target ?? '', at);
    await lchown(at, after.uid, after.gid).catch(ignore('EPERM'));
    await lutimes(at, seconds(after), seconds(after));
    await rename(at, entry);
  } else {
    await placeFile(entry, parent.entry(temporary), after, await objects.get(after.digest ?? ''));
  }
  await parent.handle.sync();
}

/**
 * Replaces by rename, which is atomic; in place where a rename would lose what the inode carries:
 * its other names, or an owner that only it can keep.
 */
async function placeFile(entry: string, temporary: string, after: FileState, content: Buffer): Promise<void> {
  const old = await lstat(entry).catch(() => null);
  const foreign = old !== null && process.getuid?.() !== 0 && old.uid !== process.getuid?.();
  const inPlace = old !== null && old.isFile() && (old.nlink > 1 || foreign);
  const flags = inPlace ? constants.O_WRONLY : constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  const to = await open(inPlace ? entry : temporary, flags | constants.O_NOFOLLOW, 0o600);
  try {
    await to.writeFile(content);
    await to.truncate(content.length);
    await dress(to, after);
    await to.sync();
  } finally {
    await to.close();
  }
  if (!inPlace) await rename(temporary, entry);
}

async function dress(handle: FileHandle, state: FileState): Promise<void> {
  await handle.chown(state.uid, state.gid).catch(ignore('EPERM'));
  await handle.chmod(state.mode).catch(ignore('EPERM'));
  await handle.utimes(seconds(state), seconds(state)).catch(ignore('EPERM'));
}

async function dressFolder(entry: string, state: FileState): Promise<void> {
  const handle = await open(entry, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await dress(handle, state);
  } finally {
    await handle.close();
  }
}

/** Node's times are doubles of seconds: exact to about a microsecond. */
const seconds = (state: FileState): number => Number(state.mtime_ns) / 1e9;

const ignore =
  (code: string) =>
  (error: unknown): undefined => {
    if ((error as NodeJS.ErrnoException).code !== code) throw error;
  };
