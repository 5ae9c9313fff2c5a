import type { PathFacts, RealPaths } from '../../core/host.ts';
import type { CommandData } from '../../registry/catalogue.ts';
import type { CodeScan, Language } from './code/finding.ts';
import type { PathContext } from './paths.ts';

/** Finds what code of other languages would do. */
export interface Scanner {
  readonly scanCode: (language: Language, code: string, args?: readonly (string | null)[]) => CodeScan;
}

/** All that the assessor knows of commands. */
export interface Catalogue extends CommandData {
  readonly scanner: Scanner;
}

export interface CommandContext extends PathContext {
  readonly catalogue: Catalogue;
  readonly home: string;
  /** The real path of what a path leads to, as far as it exists. */
  readonly real: (path: string, known?: RealPaths) => string;
  /** Every path below a folder; null where there are too many to look at. */
  readonly below: (path: string) => string[] | null;
  /** The paths that a shell pattern stands for; null where they cannot be told. */
  readonly expand: (cwd: string, pattern: string) => string[] | null;
  readonly facts: (path: string) => PathFacts;
  /** What a small file of text holds, of so many bytes at most. */
  readonly text: (path: string, most?: number) => string | null;
  /** Where files come from that earlier commands wrote, as sums of `FROM`. */
  readonly origins: ReadonlyMap<string, number>;
  /** Whether a card names a service; left out where it leaves all of them to it. */
  readonly services?: ((name: string) => boolean) | undefined;
}
