import type { Program, Verbs } from '../../registry/commands.ts';
import type { PathContext } from './paths.ts';

/** What is known of a path before anything runs, found out without walking the disk. */
export interface PathFacts {
  readonly type: 'file' | 'directory' | 'other' | 'missing';
  /** Bytes of a file. */
  readonly size: number;
  /** Whether git has the content, so that it can be had again; null where nobody can tell. */
  readonly copied: boolean | null;
}

/** The registry's commands by the name of their program. */
export interface Catalogue {
  readonly programs: ReadonlyMap<string, readonly Program[]>;
  readonly verbs: Verbs;
  readonly variables: readonly VariableRule[];
  readonly folders: Folders;
}

/** A variable that decides what a program runs or reads. */
export interface VariableRule {
  readonly name: RegExp;
  readonly programs: readonly string[] | null;
  readonly level: 'MEDIUM' | 'HIGH' | 'CRITICAL';
  readonly reason: string;
  /** True where its value is a shell line that the program runs. */
  readonly runs: boolean;
}

/** What folders mean by where they lie or how they are named. */
export interface Folders {
  readonly build: ReadonlySet<string>;
  readonly temporary: readonly string[];
  readonly system: readonly string[];
}

export interface CommandContext extends PathContext {
  readonly catalogue: Catalogue;
  readonly home: string;
  /** The real path of what a path leads to, as far as it exists. */
  readonly real: (path: string) => string;
  /** Every path below a folder; null where there are too many to look at. */
  readonly below: (path: string) => string[] | null;
  /** The paths that a shell pattern stands for; null where they cannot be told. */
  readonly expand: (cwd: string, pattern: string) => string[] | null;
  readonly facts: (path: string) => PathFacts | null;
}
