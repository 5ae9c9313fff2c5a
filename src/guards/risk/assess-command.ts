import type { Effect, Factor, Level, Reversibility } from '../../core/risk.ts';
import type { CommandContext } from './context.ts';
import { asked } from './shell/asked.ts';
import { Effort, TooMuch } from './shell/effort.ts';
import { runCode } from './shell/code.ts';
import { Copies } from './shell/copies.ts';
import { MAX_LENGTH } from './shell/parse.ts';
import { runProgram } from './shell/program.ts';
import { Report } from './shell/report.ts';
import { runNested, runNode, runText } from './shell/run.ts';
import { ShellState } from './shell/state.ts';
import { FROM, known } from './shell/value.ts';
import type { Runner, Walk } from './shell/walk.ts';

export type { CommandContext } from './context.ts';

export interface CommandRisk {
  readonly factors: Factor[];
  readonly effects: Effect[];
  readonly instead: string[];
  readonly reversibility: Reversibility;
  /** Files that it writes with what was fetched, decoded or secret, by their origins. */
  readonly origins: readonly (readonly [path: string, from: number])[];
}

/** The worst that each entry of the registry found in a line. */
export type Spoken = Map<string, Level>;

const SUSPECT = FROM.network | FROM.secret | FROM.decoded;

const RUNNER: Runner = {
  text: runText,
  nested: runNested,
  node: runNode,
  program: runProgram,
  code: runCode,
};

/** What a shell line risks, run plainly in `cwd`. What cannot be understood is never taken for harmless. */
export function assessCommand(
  line: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
  ctx: CommandContext,
  spoken: Spoken | null = null,
): CommandRisk {
  const report = new Report(line);
  const effort = new Effort();
  const walk: Walk = {
    run: RUNNER,
    ctx: asked(ctx, effort),
    report,
    written: new Map(),
    made: new Set(),
    copies: new Copies(),
    links: new Map(),
    effort,
    depth: 0,
    calls: [],
    beside: 0,
    problem: null,
    spoken,
  };
  const state = new ShellState([cwd]);
  for (const [name, value] of Object.entries(env)) state.set(name, known(value), true);
  try {
    runText(line, state, null, walk);
  } catch (error) {
    // A text that exhausts the stack, or finds a mistake of ours, is not understood; it is not harmless.
    walk.problem ??=
      error instanceof TooMuch
        ? error.message
        : error instanceof RangeError
          ? 'nested too deep'
          : 'the assessor failed on it';
  }
  if (walk.problem !== null) {
    const text = line.length > MAX_LENGTH ? line.slice(0, 200) : line;
    report.factor('not-understood', 'HIGH', `It cannot be understood: ${walk.problem}.`, text);
  }
  return {
    factors: [...report.factors.values()],
    effects: [...report.effects.values()],
    instead: [...report.instead],
    reversibility: report.reversibility,
    origins: [...walk.written].flatMap(([path, { from }]) =>
      (from & SUSPECT) === 0 || path.startsWith('/dev/') ? [] : [[path, from & SUSPECT] as const],
    ),
  };
}
