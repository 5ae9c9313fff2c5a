import type { ParsedScript, SyntaxNode } from 'unbash';
import type { Level } from '../../../core/risk.ts';
import type { RUNS } from '../../../registry/commands.ts';
import type { CommandContext } from '../context.ts';
import type { Stream } from '../programs/engine.ts';
import type { Effort } from './effort.ts';
import type { Copies } from './copies.ts';
import type { Report } from './report.ts';
import type { ShellState } from './state.ts';
import type { Value } from './value.ts';

/** So deep a line is followed; what goes beyond is not understood. */
export const MOST_DEPTH = 24;
export const MOST_TEXT = 64 * 1024;

/** What runs a text or a nested script: handed down, since a command may hold either. */
export interface Runner {
  /** Runs a shell text in a shell; returns what it prints. */
  text(text: string, state: ShellState, stdin: Stream | null, walk: Walk): Stream;
  /** Runs code in a language; returns what it prints. */
  code(language: (typeof RUNS)[number], text: Value, frame: Frame, walk: Walk, source: string): Stream;
  /** Judges a program with its arguments; returns what it prints. */
  program(words: readonly Value[], frame: Frame, walk: Walk, source: string): Stream;
  /** Runs one node of a syntax tree; returns what it prints. */
  node(node: SyntaxNode, frame: Frame, walk: Walk): Stream;
  /** Runs a nested script in a subshell; returns what it prints. */
  nested(script: ParsedScript, frame: Frame, stdin: Stream | null, walk: Walk): Stream;
}

/** What all parts of one assessment share. */
export interface Walk {
  readonly run: Runner;
  readonly ctx: CommandContext;
  readonly report: Report;
  /** Files, and ends of pipes that have a path, by what the line has written into them so far. */
  readonly written: Map<string, Stream>;
  /** Paths that the line has made, and what it has copied. */
  readonly made: Set<string>;
  readonly copies: Copies;
  readonly effort: Effort;
  depth: number;
  /** Functions that run, innermost last. */
  readonly calls: string[];
  /** Above 0 inside a pipe or a background job. */
  beside: number;
  /** Why the line cannot be understood; null where it can. */
  problem: string | null;
  /** The worst that each entry of the registry found, where somebody asks. */
  readonly spoken: Map<string, Level> | null;
}

/** Stands in a choice for all variables that the line has not set: 1 where they are taken to be unset. */
export const UNSET = '';

/** Where a command stands. */
export interface Frame {
  readonly state: ShellState;
  /** The text that the syntax tree speaks of. */
  readonly source: string;
  readonly stdin: Stream | null;
  /** Which of a variable's possible contents is meant, where there are several. */
  readonly choice: Map<string, number>;
  /** Variables met that have several. */
  readonly open: Set<string>;
}

export const frameOf = (state: ShellState, source: string, stdin: Stream | null): Frame => ({
  state,
  source,
  stdin,
  choice: new Map(),
  open: new Set(),
});
