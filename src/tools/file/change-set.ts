import { dirname } from 'node:path';
import * as z from 'zod';
import type { ActionContext } from '../../core/context.ts';
import {
  type Change,
  type ChangeSet,
  type Effects,
  type FileState,
  changeKind,
  changeSetSchema,
  inverse,
  sameState,
} from '../../core/effects.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { Committed, Recovery, Staged, Verification } from '../../core/stages.ts';
import {
  type PlannedSnapshot,
  type PlannedStage,
  commitPlan,
  plannedSnapshot,
  plannedStage,
  recoverPlanned,
  undoPlanned,
  verifyPlanned,
} from '../plan/planned.ts';
import { renderDiff } from './diff.ts';

export const filesOutput = z.object({ paths: z.array(z.string()).describe('Paths that were changed') });
export type FilesOutput = z.infer<typeof filesOutput>;

const MOST_FOLDERS = 50;
const MOST_ENTRIES = 100_000;
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

/** Makes a plan of a change set and lets it into the world. */
export async function commitChanges(
  set: ChangeSet,
  ctx: ActionContext,
): Promise<Committed<FilesOutput, PlannedSnapshot>> {
  const plan = await ctx.transactions.plan(set);
  // Looked at after the plan, which holds what stands there to be what the change set was worked out from.
  await ctx.files.check(set);
  return commitPlan(plan, { paths: set.changes.map((c) => c.path) }, ctx);
}

/**
 * The stage that takes a change set back; refuses, by name, where somebody has changed a path since. By force that is
 * replaced too, but for folders that somebody has put something else into: they stay.
 */
export async function undoChanges(set: ChangeSet, ctx: ActionContext): Promise<Staged<ChangeSet>> {
  if (ctx.force) return stageChanges(await forcedBack(set, ctx), ctx);
  for (const { path, after } of set.changes) {
    if (!sameState(await ctx.files.state(path, true), after)) {
      throw new HomeostatError('rollback_conflict', `${path} has been changed since`);
    }
  }
  return stageChanges(inverse(set).changes, ctx);
}

async function forcedBack(set: ChangeSet, ctx: ActionContext): Promise<Change[]> {
  const changes: Change[] = [];
  const going = new Set<string>();
  // What lies in a folder comes before the folder.
  for (const { path, before } of set.changes.toSorted((a, b) => (a.path < b.path ? 1 : -1))) {
    const now = await ctx.files.state(path, true);
    if (sameState(now, before)) continue;
    if (now?.type === 'directory' && before?.type !== 'directory') {
      const { entries } = await ctx.files.list(path, { depth: 1, max: MOST_ENTRIES });
      if (entries.some((entry) => !going.has(entry.path))) continue;
    }
    if (before === null) going.add(path);
    changes.push({ path, before: now, after: before });
  }
  return changes;
}

/** Takes back a change set of which nobody knows how far it came: only where a path now is what the action made it. */
export async function recoverChanges(set: ChangeSet, ctx: ActionContext): Promise<Recovery> {
  const foreign: string[] = [];
  const ours: Change[] = [];
  for (const change of set.changes) {
    const now = await ctx.files.state(change.path);
    if (sameState(now, change.before)) continue;
    if (sameState(now, change.after)) ours.push(change);
    else if (isHalfway(change, now)) ours.push({ ...change, after: now });
    else foreign.push(change.path);
  }
  const blocked = (c: Change): boolean =>
    c.before === null && foreign.some((path) => path.startsWith(`${c.path}/`));
  await ctx.transactions.restore(inverse({ changes: ours.filter((c) => !blocked(c)) }));
  if (foreign.length === 0) return { outcome: 'rolled_back', message: 'what it had changed was taken back' };
  return {
    outcome: 'rollback_failed',
    message: `somebody else changed ${foreign.slice(0, 5).join(', ')}, which was left alone`,
  };
}

/** Whether what stood there has been removed and what comes instead is not there yet. */
const isHalfway = ({ before, after }: Change, now: FileState | null): boolean =>
  now === null && before !== null && after !== null && before.type !== after.type;

/** What every action on files shares: all of them stage a change set and differ only in how it is worked out. */
export const changeSetAction = {
  toolset: 'core',
  output: filesOutput,
  stageSchema: z.union([plannedStage, changeSetSchema]),
  snapshotSchema: plannedSnapshot,
  async recheck(stage: PlannedStage | ChangeSet, ctx: ActionContext): Promise<void> {
    if ('plan' in stage) ctx.transactions.check(stage.plan);
    else await ctx.files.check(stage);
  },
  async commit(
    stage: PlannedStage | ChangeSet,
    ctx: ActionContext,
  ): Promise<Committed<FilesOutput, PlannedSnapshot>> {
    if (!('plan' in stage)) return commitChanges(stage, ctx);
    return commitPlan<FilesOutput>(stage.plan, null, ctx);
  },
  verify: async (
    _: FilesOutput | null,
    snapshot: PlannedSnapshot | null,
    ctx: ActionContext,
  ): Promise<Verification> => verifyPlanned(snapshot, ctx),
  undo: undoPlanned,
  recover: async (snapshot: PlannedSnapshot, ctx: ActionContext): Promise<Recovery> =>
    recoverPlanned(snapshot, ctx),
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
