import * as z from 'zod';
import type { ActionContext } from '../../core/context.ts';
import { changeSchema } from '../../core/effects.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { Committed, Recovery, Staged } from '../../core/stages.ts';
import { effectsOf, recoverChanges } from '../file/change-set.ts';
import { namedFiles } from './named-files.ts';
import { type CommandOutput, outputOf } from './output.ts';
import type { Line } from './sandboxed.ts';
import { changesSince, manifestsOf } from './tree-snapshot.ts';

const manifests = z.record(z.string(), z.string());
export const changedFiles = z.object({ kind: z.literal('changes'), changes: z.array(changeSchema) });

/** A command that runs in its commit, on the machine itself. */
export const directStage = z.object({
  kind: z.literal('command'),
  command: z.string(),
  cwd: z.string(),
  timeout_ms: z.number(),
  env: z.record(z.string(), z.string()),
  /** A root's manifest object before the command; null where no snapshot is taken. */
  manifests: manifests.nullable(),
  /** Digests of the files in the roots that the line names. */
  named: z.record(z.string(), z.string()),
  read_only: z.boolean(),
  keep_failed: z.boolean(),
});
type DirectStage = z.infer<typeof directStage>;

/** `running` until the command has ended and its changes are known. */
export const directSnapshot = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('running'), manifests }),
  changedFiles,
]);
type DirectSnapshot = z.infer<typeof directSnapshot>;

const GUARANTEE = {
  snapshot: 'No sandbox: the roots were snapshotted, everything else was within its reach.',
  read_only: 'A fixed read-only line: no snapshot was needed.',
  none: 'No sandbox and no snapshot: nothing that it changed can be put back.',
};
const NOTE =
  'Effects cannot be shown before it runs. Afterwards, changes in the roots can be undone; all else cannot.';

/** Preserves the roots; the line itself runs only in the commit. */
export async function stageDirect(
  line: Line,
  readOnly: boolean,
  ctx: ActionContext,
): Promise<Staged<DirectStage>> {
  const stage = {
    kind: 'command' as const,
    command: line.command,
    cwd: line.cwd,
    timeout_ms: line.timeoutMs,
    env: line.env,
    named: {},
    read_only: readOnly,
    keep_failed: line.keepFailed,
  };
  const effects = { known: false, note: NOTE, changes: [], diff: '' };
  const without = { stage: { ...stage, manifests: null }, effects };
  if (readOnly) return { ...without, circumstances: [], reversibility: 'reversible' };
  const taken = await manifestsOf(ctx, ctx.signal);
  if (taken === null) {
    const note = 'A root is too large for a snapshot: nothing that it changes can be put back.';
    return {
      ...without,
      effects: { ...effects, note },
      circumstances: ['root_over_limit'],
      reversibility: 'irreversible',
    };
  }
  return {
    stage: {
      ...stage,
      manifests: taken.manifests,
      named: await namedFiles(line.command, line.cwd, taken.seen),
    },
    effects,
    circumstances: taken.complete ? [] : ['not_all_preserved'],
    reversibility: 'reversible',
  };
}

export async function runDirect(
  stage: DirectStage,
  ctx: ActionContext,
): Promise<Committed<CommandOutput, DirectSnapshot>> {
  let before = stage.manifests;
  if (before !== null && ctx.resumed) {
    before = (await manifestsOf(ctx, ctx.signal))?.manifests ?? null;
    // A person was told that its changes can be undone.
    if (before === null)
      throw new HomeostatError('too_large', 'a root has become too large for the snapshot that was promised');
  }
  if (!stage.read_only) await ctx.preserve({ kind: 'running', manifests: before ?? {} });
  const result = await ctx.commands.run({
    line: stage.command,
    cwd: stage.cwd,
    env: stage.env,
    timeoutMs: stage.timeout_ms,
    outputBytes: ctx.config.limits.output_bytes,
    actionId: ctx.actionId,
    signal: ctx.signal,
  });
  const guarantee = stage.read_only
    ? GUARANTEE.read_only
    : before === null
      ? GUARANTEE.none
      : GUARANTEE.snapshot;
  const shown = outputOf(result, guarantee, stage.keep_failed);
  const found = before === null ? [] : await changesSince(before, ctx);
  if (found === null)
    throw new HomeostatError('too_large', 'after the command a root is too large for a snapshot');
  const effects = await effectsOf({ changes: found }, ctx, guarantee);
  if (found.length === 0) return { output: shown, snapshot: null, effects };
  const snapshot = { kind: 'changes' as const, changes: found };
  try {
    await ctx.preserve(snapshot);
  } catch (error) {
    // What cannot be put on record is not let stand; the pre-images are there, so it can be taken back now.
    await recoverChanges(snapshot, ctx);
    throw error;
  }
  return { output: shown, snapshot, effects };
}

export async function recoverDirect(snapshot: DirectSnapshot, ctx: ActionContext): Promise<Recovery> {
  if (snapshot.kind === 'changes') return recoverChanges(snapshot, ctx);
  const found = await changesSince(snapshot.manifests, ctx);
  if (found === null) return { outcome: 'unknown', message: 'what the command changed cannot be found out' };
  await ctx.preserve({ kind: 'changes', changes: found });
  const names = found.slice(0, 5).map((c) => c.path);
  const what = found.length === 0 ? 'nothing in the roots' : `${found.length} paths: ${names.join(', ')}`;
  return {
    outcome: 'unknown',
    effects: await effectsOf({ changes: found }, ctx, GUARANTEE.snapshot),
    message: `since the command was started, ${what} changed; see diff_snapshot`,
  };
}
