import * as z from 'zod';
import type { ActionContext } from '../../core/context.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { Verification } from '../../core/stages.ts';
import { defineAction } from '../../core/tool.ts';
import { commitChanges, undoChanges } from '../file/change-set.ts';
import {
  commitPlan,
  plannedSnapshot,
  plannedStage,
  recoverPlanned,
  undoPlanned,
  verifyPlanned,
} from '../plan/planned.ts';
import { checkArguments } from './arguments.ts';
import {
  changedFiles,
  directSnapshot,
  directStage,
  recoverDirect,
  runDirect,
  stageDirect,
} from './direct.ts';
import { checkNamed } from './named-files.ts';
import { commandOutput, failureOf } from './output.ts';
import { type Line, ranStage, stageSandboxed } from './sandboxed.ts';

const stageSchema = z.discriminatedUnion('kind', [ranStage, plannedStage, directStage, changedFiles]);
const snapshotSchema = z.discriminatedUnion('kind', [plannedSnapshot, ...directSnapshot.options]);

const inputSchema = z.object({
  command: z.string().min(1).max(100_000),
  cwd: z.string().optional(),
  timeout_seconds: z.number().positive().optional(),
  env: z.record(z.string().regex(/^[A-Za-z_]\w*$/), z.string()).optional(),
  network: z.boolean().optional().describe('Asked about unless rules allow it'),
  sandbox: z
    .enum(['default', 'none'])
    .optional()
    .describe('none: acts on the host itself; asked about, and little can be undone'),
  on_failure: z.enum(['discard', 'keep']).optional().describe('What to do with changes of a failed line'),
});
type Input = z.infer<typeof inputSchema>;

export const runCommand = defineAction({
  name: 'run_command',
  title: 'Run a command',
  description:
    'Run a shell line with bash in a sandbox; what it changes in the roots can be undone. No network unless asked for; /tmp and home are its own; a failed line changes nothing.',
  toolset: 'core',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  input: inputSchema,
  output: commandOutput,
  stageSchema,
  snapshotSchema,

  async assess(input, ctx) {
    const { command, cwd = '.', env = {}, network = false, sandbox = 'default' } = input;
    checkArguments([command, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)]);
    const folder = await ctx.files.resolve(cwd, true);
    const there = await ctx.files.state(folder);
    if (there === null) throw new HomeostatError('not_found', `cwd: ${folder}: no such folder`);
    if (there.type !== 'directory')
      throw new HomeostatError('wrong_type', `cwd: ${folder} is a ${there.type}`);
    const boxed = await isBoxed(input, ctx);
    const alone = isReadOnly(input, ctx);
    return {
      summary: `run ${command}`,
      level: 'SAFE',
      reversibility: 'reversible',
      touches: [],
      commands: [{ line: command, cwd: folder, env }],
      resources: alone ? [] : ctx.workspace.roots.map((root) => `tree:${root}`),
      circumstances: [
        ...(sandbox === 'none' ? ['no_sandbox'] : []),
        ...(network && boxed ? ['with_network'] : []),
      ],
      contained: boxed && !network,
      reaching: boxed && network,
      unboxed: !boxed && !alone,
    };
  },

  async stage(input, ctx) {
    const longest = ctx.config.limits.command_seconds;
    const line: Line = {
      command: input.command,
      cwd: await ctx.files.resolve(input.cwd ?? '.', true),
      env: input.env ?? {},
      timeoutMs: Math.min(input.timeout_seconds ?? longest, longest) * 1000,
      network: input.network ?? false,
      keepFailed: input.on_failure === 'keep',
    };
    return (await isBoxed(input, ctx))
      ? stageSandboxed(line, ctx)
      : stageDirect(line, isReadOnly(input, ctx), ctx);
  },

  async recheck(stage, ctx) {
    if (stage.kind === 'ran' || stage.kind === 'planned') return ctx.transactions.check(stage.plan);
    // A command is approved with the files that it names; its roots are snapshotted anew when it runs.
    return stage.kind === 'changes' ? ctx.files.check(stage) : checkNamed(stage.named, ctx);
  },

  keepsFirst: ({ kind }) => kind === 'ran' || kind === 'planned',

  async commit(stage, ctx) {
    if (stage.kind === 'command') return runDirect(stage, ctx);
    if (stage.kind === 'changes') return { ...(await commitChanges(stage, ctx)), output: null };
    return commitPlan(stage.plan, stage.kind === 'ran' ? stage.ran : null, ctx);
  },

  async verify(result, snapshot, ctx): Promise<Verification> {
    if (snapshot?.kind === 'planned') return verifyPlanned(snapshot, ctx);
    const error = result === null || result.kept ? null : failureOf(result);
    return error === null ? { ok: true } : { ok: false, error };
  },

  async undo(snapshot, ctx) {
    if (snapshot.kind === 'planned') return undoPlanned(snapshot, ctx);
    if (snapshot.kind === 'running')
      throw new HomeostatError('nothing_to_undo', 'what the command changed was never found out');
    const staged = await undoChanges(snapshot, ctx);
    return { ...staged, stage: { kind: 'changes' as const, ...staged.stage } };
  },

  recover: async (snapshot, ctx) =>
    snapshot.kind === 'planned' ? recoverPlanned(snapshot, ctx) : recoverDirect(snapshot, ctx),
});

/** Whether it runs in the sandbox: where the machine has one, the roots have stores, and nobody asked for none. */
async function isBoxed({ sandbox }: Input, ctx: ActionContext): Promise<boolean> {
  if (sandbox === 'none' || ctx.transactions.missing() !== null) return false;
  return (await ctx.sandbox.probe()).rung !== 'snapshot';
}

const isReadOnly = ({ env = {}, command }: Input, ctx: ActionContext): boolean =>
  Object.keys(env).length === 0 && ctx.isReadOnlyLine(command);
