import type { Effect, Factor, Level, Reversibility } from './risk.ts';

/** What a shell line would do if it were run plainly, with neither sandbox nor undo. */
export interface Assessment {
  readonly level: Level;
  readonly score: number;
  readonly reversibility: Reversibility;
  /** How it could be taken back, in a sentence. */
  readonly undo: string;
  readonly effects: readonly Effect[];
  readonly factors: readonly Factor[];
  /** What does the same and can be taken back. */
  readonly instead: readonly string[];
}

/** A line as it is understood: the kind of each part, its text, and what it is made of. */
export interface SyntaxTree {
  readonly type: string;
  readonly source: string;
  readonly children: readonly SyntaxTree[];
}

/** Assesses lines by the rules and by what stands on this machine; it keeps nothing and records nothing. */
export interface Assessor {
  /** Without roots the folder that the line stands in is the only one. */
  assess(line: string, cwd: string, roots?: readonly string[]): Assessment;
  explain(line: string): SyntaxTree;
}
