import * as z from 'zod';
import type { ActionContext } from '../../core/context.ts';
import type { Effects, ShownChange } from '../../core/effects.ts';
import { HomeostatError } from '../../core/errors.ts';
import { planSchema } from '../../core/plan.ts';
import type { Rung, SandboxResult } from '../../core/sandbox.ts';
import type { Staged } from '../../core/stages.ts';
import { commandOutput, failureOf, outputOf } from './output.ts';
import { mayBeCompose, withPlanted, writtenIn } from '../file/planted.ts';
import { effectsOfPlan } from '../plan/planned.ts';

/** A command that has run in the sandbox: what it would change, and what it said. */
export const ranStage = z.object({ kind: z.literal('ran'), plan: planSchema, ran: commandOutput });
export type RanStage = z.infer<typeof ranStage>;

export interface Line {
  readonly command: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly network: boolean;
  readonly keepFailed: boolean;
}

const NETWORK =
  'What it sent over the network cannot be called back; its changes in the roots can be undone.';

/** Runs a line in the sandbox and works out what it would change; nothing outside the stage is touched. */
export async function stageSandboxed(line: Line, ctx: ActionContext): Promise<Staged<RanStage>> {
  const { limits } = ctx.config;
  const layers = await ctx.transactions.open();
  const { rung } = await ctx.sandbox.probe();
  ctx.progress('running in the sandbox');
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
  const plan = await ctx.transactions.read(layers, rung);
  const ran = outputOf(result, guaranteeOf(rung, result, line.network), line.keepFailed);
  const failure = exceededBy(result) ?? failureOf(ran);
  const effects = await effectsOfPlan(plan, ctx, line.network ? NETWORK : undefined);
  await ctx.transactions.flushed();
  checkWritten(effects, limits.command_written_bytes);
  const staged = {
    stage: { kind: 'ran' as const, plan, ran },
    effects,
    circumstances: ctx.transactions.reachesOut(plan) ? ['other_names'] : [],
    reversibility: line.network ? ('irreversible' as const) : ('reversible' as const),
    output: ran,
    ...(failure === null || line.keepFailed ? {} : { failure }),
  };
  if (!effects.changes.some(({ path }) => mayBeCompose(path))) return staged;
  return withPlanted(staged, writtenIn(ctx.transactions.describe(plan)), ctx);
}

/** A file that is new counts as so much more, so that empty ones are not made without end. */
const FILE_BYTES = 4096;

/** Who watches a command looks every tenth of a second: what a burst wrote in between shows in its changes. */
function checkWritten({ changes }: Effects, most: number): void {
  const written = changes.reduce((sum, change) => sum + bytesOf(change), 0);
  if (written > most)
    throw new HomeostatError(
      'limit_exceeded',
      `the command wrote ${written} bytes; at most ${most} may be kept`,
    );
}

function bytesOf({ change, bytes, changed, entries = 0, link_to }: ShownChange): number {
  if (change === 'create') return (link_to === undefined ? bytes : 0) + FILE_BYTES * (entries + 1);
  return change !== 'delete' && changed?.includes('content') === true ? bytes : 0;
}

function exceededBy({ exceeded }: SandboxResult): HomeostatError | null {
  if (exceeded === null) return null;
  return new HomeostatError('limit_exceeded', `the command went over its limit on ${exceeded}`);
}

function guaranteeOf(rung: Rung, { limitsBy, readOnly }: SandboxResult, network: boolean): string {
  const net = network ? 'with the network' : 'without network';
  const split = rung === 'user_overlay' ? '; files with several names were split where it wrote them' : '';
  const shown = readOnly.slice(0, 3).join(', ') + (readOnly.length > 3 ? ', …' : '');
  const closed = readOnly.length > 0 ? `; other file systems in the roots were read-only: ${shown}` : '';
  return `Sandbox (${rung}, ${net}, limits by ${limitsBy}): only its stage was within its reach${split}${closed}.`;
}
