import * as z from 'zod';
import type { ActionContext } from '../../core/context.ts';
import { HomeostatError } from '../../core/errors.ts';
import { type Plan, planSchema } from '../../core/plan.ts';
import type { Rung, SandboxResult } from '../../core/sandbox.ts';
import type { Committed, Recovery, Staged } from '../../core/stages.ts';
import { type CommandOutput, commandOutput, failureOf, outputOf } from './output.ts';

/** A command that has run in the sandbox: what it would change, and what it said. Also the stage of an undo. */
export const plannedStage = z.object({
  kind: z.literal('planned'),
  plan: planSchema,
  /** Null for an undo, which runs nothing. */
  ran: commandOutput.nullable(),
});
type PlannedStage = z.infer<typeof plannedStage>;

/** What an action changed, and which one that was: its pre-images lie under its name. */
export const plannedSnapshot = z.object({
  kind: z.literal('planned'),
  action: z.string(),
  plan: planSchema,
});
type PlannedSnapshot = z.infer<typeof plannedSnapshot>;

export interface Line {
  readonly command: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly network: boolean;
  readonly keepFailed: boolean;
}

const UNDO = 'Can be undone to the byte: what stood there is kept as it was.';
const NETWORK =
  'What it sent over the network cannot be called back; its changes in the roots can be undone.';

/** Runs a line in the sandbox and works out what it would change; nothing outside the stage is touched. */
export async function stageSandboxed(line: Line, ctx: ActionContext): Promise<Staged<PlannedStage>> {
  const { limits } = ctx.config;
  const layers = await ctx.transactions.open();
  const { rung } = await ctx.sandbox.probe();
  const result = await ctx.sandbox.run({
    line: line.command,
    cwd: line.cwd,
    env: line.env,
    timeoutMs: line.timeoutMs,
    outputBytes: limits.output_bytes,
    actionId: ctx.actionId,
    signal: ctx.signal,
    layers,
    network: line.network,
    session: ctx.session,
    limits: {
      processes: limits.command_processes,
      memoryBytes: limits.command_memory_bytes,
      cpuSeconds: limits.command_seconds,
      writtenBytes: limits.command_written_bytes,
    },
  });
  if (result.cancelled) throw new HomeostatError('cancelled', 'the command was cancelled');
  const plan = await ctx.transactions.read(layers);
  const ran = outputOf(result, guaranteeOf(rung, result, line.network), line.keepFailed);
  const failure = exceededBy(result) ?? failureOf(ran);
  return {
    stage: { kind: 'planned', plan, ran },
    effects: await ctx.transactions.effects(plan, line.network ? NETWORK : UNDO),
    circumstances: [],
    reversibility: line.network ? 'irreversible' : 'reversible',
    output: ran,
    ...(failure === null || line.keepFailed ? {} : { failure }),
  };
}

function exceededBy({ exceeded }: SandboxResult): HomeostatError | null {
  if (exceeded === null) return null;
  return new HomeostatError('limit_exceeded', `the command went over its limit on ${exceeded}`);
}

function guaranteeOf(rung: Rung, { limitsBy }: SandboxResult, network: boolean): string {
  const net = network ? 'with the network' : 'without network';
  const split = rung === 'user_overlay' ? '; files with several names were split where it wrote them' : '';
  return `Sandbox (${rung}, ${net}, limits by ${limitsBy}): only its stage was within its reach${split}.`;
}

export async function commitPlanned(
  { plan, ran }: PlannedStage,
  ctx: ActionContext,
): Promise<Committed<CommandOutput, PlannedSnapshot>> {
  const effects = await ctx.transactions.effects(plan, UNDO);
  if (plan.parts.every(({ steps }) => steps.length === 0)) return { output: ran, snapshot: null, effects };
  ctx.transactions.check(plan);
  await ctx.preserve(snapshotOf(plan, ctx));
  const snapshot = snapshotOf(ctx.transactions.apply(plan), ctx);
  await ctx.preserve(snapshot);
  return { output: ran, snapshot, effects };
}

const snapshotOf = (plan: Plan, ctx: ActionContext): PlannedSnapshot => ({
  kind: 'planned',
  action: ctx.actionId,
  plan,
});

/** The stage of another action, as the action that commits it does so. */
export const adoptPlanned = (stage: PlannedStage, of: string, ctx: ActionContext): PlannedStage => ({
  ...stage,
  plan: ctx.transactions.adopt(stage.plan, of),
});

export async function undoPlanned(
  { plan, action }: PlannedSnapshot,
  ctx: ActionContext,
): Promise<Staged<PlannedStage>> {
  const back = ctx.transactions.inverse(plan, action, false);
  return {
    stage: { kind: 'planned', plan: back, ran: null },
    effects: await ctx.transactions.effects(back, UNDO),
    circumstances: [],
    reversibility: 'reversible',
  };
}

export function recoverPlanned({ plan }: PlannedSnapshot, ctx: ActionContext): Recovery {
  const foreign = ctx.transactions.takeBack(plan);
  if (foreign.length === 0) return { outcome: 'rolled_back', message: 'what it had changed was taken back' };
  return {
    outcome: 'rollback_failed',
    message: `somebody else changed ${foreign.slice(0, 5).join(', ')}, which was left alone`,
  };
}
