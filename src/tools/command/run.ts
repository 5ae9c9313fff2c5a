import * as z from 'zod';
import type { ActionContext } from '../../core/context.ts';
import { changeSchema } from '../../core/effects.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { CommandResult } from '../../core/host.ts';
import { defineAction } from '../../core/tool.ts';
import type { Committed, Verification } from '../../core/stages.ts';
import { commitChanges, effectsOf, recoverChanges, undoChanges, verifyChanges } from '../file/change-set.ts';
import { checkNamed, namedFiles } from './named-files.ts';
import { changesSince, manifestsOf } from './tree-snapshot.ts';

const output = z.object({
  exit_code: z.number().int().nullable(),
  signal: z.string().nullable(),
  timed_out: z.boolean(),
  stdout: z.string(),
  stderr: z.string(),
  omitted_bytes: z.number().int().describe('Printed but left out of the middle'),
  duration_ms: z.number(),
  guarantee: z.string().describe('What protected the machine while it ran'),
});

const manifests = z.record(z.string(), z.string());
const changes = z.object({ kind: z.literal('changes'), changes: z.array(changeSchema) });

const stageSchema = z.discriminatedUnion('kind', [
  z.object({
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
  }),
  changes,
]);
/** `running` until the command has ended and its changes are known. */
const snapshotSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('running'), manifests }),
  changes,
]);

type Stage = z.infer<typeof stageSchema>;
type Snapshot = z.infer<typeof snapshotSchema>;
type Output = z.infer<typeof output>;

const GUARANTEE = {
  snapshot: 'No sandbox: the roots were snapshotted, everything else was within its reach.',
  read_only: 'A fixed read-only line: no snapshot was needed.',
  none: 'No sandbox and no snapshot: nothing that it changed can be put back.',
};
const NOTE =
  'Effects cannot be shown before it runs. Afterwards, changes in the roots can be undone; all else cannot.';

export const runCommand = defineAction({
  name: 'run_command',
  title: 'Run a command',
  description:
    'Run a shell line with bash. No input, nothing persists between calls; a failed line’s changes in the roots are taken back.',
  toolset: 'core',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  input: z.object({
    command: z.string().min(1).max(100_000),
    cwd: z.string().optional(),
    timeout_seconds: z.number().positive().optional(),
    env: z.record(z.string().regex(/^[A-Za-z_]\w*$/), z.string()).optional(),
  }),
  output,
  stageSchema,
  snapshotSchema,

  async assess({ command, cwd = '.', env = {} }, ctx) {
    checkArguments([command, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)]);
    const folder = await ctx.files.resolve(cwd, true);
    const there = await ctx.files.state(folder);
    if (there === null) throw new HomeostatError('not_found', `cwd: ${folder}: no such folder`);
    if (there.type !== 'directory')
      throw new HomeostatError('wrong_type', `cwd: ${folder} is a ${there.type}`);
    const readOnly = isReadOnly(command, env, ctx);
    return {
      summary: `run ${command}`,
      level: 'SAFE',
      reversibility: 'reversible',
      touches: [],
      commands: [{ line: command, cwd: folder, env }],
      resources: readOnly ? [] : ctx.workspace.roots.map((root) => `tree:${root}`),
      circumstances: [],
    };
  },

  async stage({ command, cwd = '.', timeout_seconds, env = {} }, ctx) {
    const folder = await ctx.files.resolve(cwd, true);
    const longest = ctx.config.limits.command_seconds;
    const stage = {
      kind: 'command' as const,
      command,
      cwd: folder,
      timeout_ms: Math.min(timeout_seconds ?? longest, longest) * 1000,
      env,
      named: {},
      read_only: isReadOnly(command, env, ctx),
    };
    const effects = { known: false, note: NOTE, changes: [], diff: '' };
    if (stage.read_only) {
      return {
        stage: { ...stage, manifests: null },
        effects,
        circumstances: [],
        reversibility: 'reversible',
      };
    }
    const taken = await manifestsOf(ctx, ctx.signal);
    if (taken === null) {
      const note = 'A root is too large for a snapshot: nothing that it changes can be put back.';
      return {
        stage: { ...stage, manifests: null },
        effects: { ...effects, note },
        circumstances: ['root_over_limit'],
        reversibility: 'irreversible',
      };
    }
    return {
      stage: { ...stage, manifests: taken.manifests, named: await namedFiles(command, folder, taken.seen) },
      effects,
      circumstances: taken.complete ? [] : ['not_all_preserved'],
      reversibility: 'reversible',
    };
  },

  // A command is approved with the files that it names; its roots are snapshotted anew when it runs.
  recheck: async (stage, ctx) =>
    stage.kind === 'changes' ? ctx.files.check(stage) : checkNamed(stage.named, ctx),

  async commit(stage, ctx): Promise<Committed<Output, Snapshot>> {
    if (stage.kind === 'changes') {
      const done = await commitChanges(stage, withKind(ctx));
      const snapshot = done.snapshot === null ? null : { kind: 'changes' as const, ...done.snapshot };
      return { output: null, snapshot, effects: done.effects };
    }
    return runStaged(stage, ctx);
  },

  async verify(result, snapshot, ctx): Promise<Verification> {
    if (snapshot?.kind === 'running') return { ok: true };
    if (result === null) return verifyChanges(snapshot, ctx);
    if (result.timed_out)
      return failed('timed_out', `the command ran longer than it may (${result.duration_ms} ms)`);
    if (result.exit_code === 0) return { ok: true };
    return failed(
      'command_failed',
      `the command ended with ${result.signal ?? `exit code ${result.exit_code ?? '?'}`}`,
    );
  },

  async undo(snapshot, ctx) {
    if (snapshot.kind === 'running') {
      throw new HomeostatError('nothing_to_undo', 'what the command changed was never found out');
    }
    const staged = await undoChanges(snapshot, ctx);
    return { ...staged, stage: { kind: 'changes' as const, ...staged.stage } };
  },

  async recover(snapshot, ctx) {
    if (snapshot.kind === 'changes') return recoverChanges(snapshot, ctx);
    const found = await changesSince(snapshot.manifests, ctx);
    if (found === null)
      return { outcome: 'unknown', message: 'what the command changed cannot be found out' };
    await ctx.preserve({ kind: 'changes', changes: found });
    const names = found.slice(0, 5).map((c) => c.path);
    const what = found.length === 0 ? 'nothing in the roots' : `${found.length} paths: ${names.join(', ')}`;
    return {
      outcome: 'unknown',
      effects: await effectsOf({ changes: found }, ctx, GUARANTEE.snapshot),
      message: `since the command was started, ${what} changed; see diff_snapshot`,
    };
  },
});

/** Linux takes no single argument or variable longer than this, its final NUL included (execve(2)). */
const LONGEST_ARGUMENT = 131_072;

/** Refuses, before anything is recorded as begun, what no system could start. */
function checkArguments(texts: readonly string[]): void {
  if (texts.some((text) => text.includes('\0')))
    throw new HomeostatError('invalid_input', 'command, env: a NUL byte cannot be passed to a program');
  const longest = Math.max(...texts.map((text) => Buffer.byteLength(text)));
  if (longest >= LONGEST_ARGUMENT)
    throw new HomeostatError(
      'too_large',
      `command, env: ${longest} bytes, the limit is ${LONGEST_ARGUMENT - 1}`,
    );
}

const isReadOnly = (command: string, env: object, ctx: ActionContext): boolean =>
  Object.keys(env).length === 0 && ctx.isReadOnlyLine(command);

const failed = (code: 'timed_out' | 'command_failed', what: string): Verification => ({
  ok: false,
  error: new HomeostatError(code, what),
});

/** Keeps a change set in the shape that this tool's snapshots have. */
const withKind = (ctx: ActionContext): ActionContext => ({
  ...ctx,
  preserve: async (set) => ctx.preserve({ kind: 'changes', ...(set as object) }),
});

async function runStaged(
  stage: Stage & { kind: 'command' },
  ctx: ActionContext,
): Promise<Committed<Output, Snapshot>> {
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
  const shown = outputOf(result, guarantee);
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

function outputOf(result: CommandResult, guarantee: string): Output {
  return {
    exit_code: result.exitCode,
    signal: result.signal,
    timed_out: result.timedOut,
    stdout: result.stdout,
    stderr: result.stderr,
    omitted_bytes: result.omittedBytes,
    duration_ms: result.durationMs,
    guarantee,
  };
}
