import type { Effect, Factor, Level, Reversibility, Risk } from './risk.ts';

/** What a shell line would do if it were run plainly, with neither sandbox nor undo. */
export interface Assessment {
  readonly level: Level;
  readonly score: number;
  readonly reversibility: Reversibility;
  /** How it could be taken back, in a sentence. */
  readonly undo: string;
  readonly effects: readonly Effect[];
  readonly factors: readonly Factor[];
  /** How much stands where it deletes or overwrites; null where nothing does. */
  readonly extent: Risk['extent'];
  /** What does the same and can be taken back. */
  readonly instead: readonly string[];
}

/** A line as it is understood: the kind of each part, its text, and what it is made of. */
export interface SyntaxTree {
  readonly type: string;
  readonly source: string;
  readonly children: readonly SyntaxTree[];
}

export interface AssessOptions {
  /** Without them the folder that the line stands in is the only root. */
  readonly roots?: readonly string[];
  /** Whether what it takes away is counted, which may take some milliseconds. */
  readonly counts?: boolean;
}

/** Assesses lines by the rules and by what stands on this machine; it keeps nothing and records nothing. */
export interface Assessor {
  assess(line: string, cwd: string, options?: AssessOptions): Assessment;
  explain(line: string): SyntaxTree;
}
