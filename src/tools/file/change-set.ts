import { dirname } from 'node:path';
import * as z from 'zod';
import type { ActionContext } from '../../core/context.ts';
import {
  type Change,
  type ChangeSet,
  type Effects,
  type FileState,
  UNFINISHED_FOLDER,
  changeKind,
  changeSetSchema,
  inverse,
  sameState,
} from '../../core/effects.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { Committed, Recovery, Staged, Verification } from '../../core/stages.ts';
import { renderDiff } from './diff.ts';

export const filesOutput = z.object({ paths: z.array(z.string()).describe('Paths that were changed') });
export type FilesOutput = z.infer<typeof filesOutput>;

const MOST_FOLDERS = 50;
const NOTE = 'Can be undone: content, mode and owner of each file are kept.';

export async function effectsOf(set: ChangeSet, ctx: ActionContext, note = NOTE): Promise<Effects> {
  return {
    known: true,
    note,
    changes: set.changes.map((c) => ({
      path: c.path,
      change: changeKind(c),
      bytes: c.after?.size ?? 0,
      was: c.before?.size ?? 0,
    })),
    diff: await renderDiff(set, ctx),
  };
}

export async function stageChanges(changes: Change[], ctx: ActionContext): Promise<Staged<ChangeSet>> {
  const set = { changes };
  return { stage: set, effects: await effectsOf(set, ctx), circumstances: [], reversibility: 'reversible' };
}

/** The stage of one file's new content; a file with other names is replaced in place, so they change with it. */
export async function stageContent(changes: Change[], ctx: ActionContext): Promise<Staged<ChangeSet>> {
  const staged = await stageChanges(changes, ctx);
  const target = changes.at(-1);
  const shared =
    target !== undefined && target.before !== null && (await ctx.files.hasOtherNames(target.path));
  return { ...staged, circumstances: shared ? ['other_names'] : [] };
}

/** Applies a change set, with its pre-images and itself on disk before the first path changes. */
export async function commitChanges(
  set: ChangeSet,
  ctx: ActionContext,
): Promise<Committed<FilesOutput, ChangeSet>> {
  const effects = await effectsOf(set, ctx);
  const output = { paths: set.changes.map((c) => c.path) };
  if (set.changes.length === 0) return { output, snapshot: null, effects };
  await ctx.files.check(set);
  await ctx.preserve(set);
  await ctx.files.apply(set, ctx.actionId);
  return { output, snapshot: set, effects };
}

export async function verifyChanges(set: ChangeSet | null, ctx: ActionContext): Promise<Verification> {
  for (const { path, after } of set?.changes ?? []) {
    if (!sameState(await ctx.files.state(path), after)) {
      return {
        ok: false,
        error: new HomeostatError('verification_failed', `${path} is not as it was written`),
      };
    }
  }
  return { ok: true };
}

/** The stage that takes a change set back; refuses, by name, where somebody has changed a path since. */
export async function undoChanges(set: ChangeSet, ctx: ActionContext): Promise<Staged<ChangeSet>> {
  for (const { path, after } of set.changes) {
    if (!sameState(await ctx.files.state(path, true), after)) {
      throw new HomeostatError('rollback_conflict', `${path} has been changed since`);
    }
  }
  return stageChanges(inverse(set).changes, ctx);
}

/** Takes back a change set of which nobody knows how far it came: only where a path now is what the action made it. */
export async function recoverChanges(set: ChangeSet, ctx: ActionContext): Promise<Recovery> {
  await ctx.files.sweep(set, ctx.actionId);
  const foreign: string[] = [];
  const ours: Change[] = [];
  for (const change of set.changes) {
    const now = await ctx.files.state(change.path);
    if (sameState(now, change.before)) continue;
    if (sameState(now, change.after)) ours.push(change);
    else if (isHalfway(change, now) || (await isTorn(now, change, ctx))) ours.push({ ...change, after: now });
    else foreign.push(change.path);
  }
  const blocked = (c: Change): boolean =>
    c.before === null && foreign.some((path) => path.startsWith(`${c.path}/`));
  await ctx.files.apply(inverse({ changes: ours.filter((c) => !blocked(c)) }), ctx.actionId);
  if (foreign.length === 0) return { outcome: 'rolled_back', message: 'what it had changed was taken back' };
  return {
    outcome: 'rollback_failed',
    message: `somebody else changed ${foreign.slice(0, 5).join(', ')}, which was left alone`,
  };
}

/** Whether a write in place was cut short here: the new content's beginning with the old content's rest. */
async function isTorn(
  now: FileState | null,
  { path, before, after }: Change,
  ctx: ActionContext,
): Promise<boolean> {
  if (now?.type !== 'file' || before?.type !== 'file' || after?.type !== 'file') return false;
  const is = await ctx.files.read(path, now.size);
  const kept = async (state: FileState): Promise<Buffer | null> =>
    ctx.files.objects.get(state.digest ?? '').catch(() => null);
  const [was, will] = [await kept(before), await kept(after)];
  if (was === null || will === null) return false;
  let written = 0;
  while (written < is.length && written < will.length && is[written] === will[written]) written++;
  return is.subarray(written).equals(was.subarray(written));
}

/** Whether a path stands as applying the change leaves it for a moment: a new folder not yet dressed, or the old type removed. */
function isHalfway({ before, after }: Change, now: FileState | null): boolean {
  if (after === null || before?.type === after.type) return false;
  if (now === null) return before !== null;
  const fresh = (now.mode & 0o777) === UNFINISHED_FOLDER;
  return after.type === 'directory' && now.type === 'directory' && fresh;
}

/** What every action on files shares: all of them stage a change set and differ only in how it is worked out. */
export const changeSetAction = {
  toolset: 'core',
  output: filesOutput,
  stageSchema: changeSetSchema,
  snapshotSchema: changeSetSchema,
  recheck: async (set: ChangeSet, ctx: ActionContext): Promise<void> => ctx.files.check(set),
  commit: commitChanges,
  verify: async (_: FilesOutput | null, set: ChangeSet | null, ctx: ActionContext): Promise<Verification> =>
    verifyChanges(set, ctx),
  undo: undoChanges,
  recover: recoverChanges,
};

/** A file's state with new content, which is kept as an object. */
export async function withContent(
  content: Buffer,
  before: FileState | null,
  ctx: ActionContext,
): Promise<FileState> {
  const digest = await ctx.files.objects.put(content);
  return { ...(before ?? newState(0o644)), type: 'file', mtime_ns: now(), size: content.length, digest };
}

/** The folders that have to be made for a path to exist, outermost first. */
export async function missingFolders(path: string, ctx: ActionContext): Promise<Change[]> {
  const changes: Change[] = [];
  for (let folder = dirname(path); (await ctx.files.state(folder)) === null; folder = dirname(folder)) {
    if (changes.length >= MOST_FOLDERS)
      throw new HomeostatError('too_large', `${path} needs over ${MOST_FOLDERS} new folders`);
    changes.unshift({
      path: folder,
      before: null,
      after: { ...newState(0o755), type: 'directory', size: 0 },
    });
  }
  return changes;
}

const now = (): string => String(BigInt(Date.now()) * 1_000_000n);

function newState(mode: number): Omit<FileState, 'type'> {
  const { uid, gid } = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  return { mode: mode & ~process.umask(), uid, gid, mtime_ns: now(), size: 0 };
}
