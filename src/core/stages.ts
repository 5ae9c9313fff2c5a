import type { ChangeKind, Effects } from './effects.ts';
import type { HomeostatError } from './errors.ts';
import type { Level, Reversibility } from './risk.ts';

/** What an action says it would do, as facts for the assessor; the level is never the tool's to decide alone. */
export interface Intent {
  /** One line for people. */
  readonly summary: string;
  /** The least level that an action of this kind has. */
  readonly level: Level;
  readonly reversibility: Reversibility;
  readonly touches: readonly { readonly path: string; readonly change: ChangeKind }[];
  readonly commands: readonly {
    readonly line: string;
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
  }[];
  /** Keys to lock: `file:PATH`, `tree:PATH`, or another scheme with an exact name. */
  readonly resources: readonly string[];
  /** Circumstances that rules may name, such as `not_own_action`. */
  readonly circumstances: readonly string[];
  /** Digest of what the input names, where the same words ask for something else once that has changed. */
  readonly content?: string;
  /** The action that this one takes back, if it does. */
  readonly undoes?: string;
  /**
   * True where staging changes nothing and reaches nothing beyond the stage, so that only what it turns out to have
   * done is decided on, and its resources are taken only for the commit.
   */
  readonly contained?: boolean;
  /** True where staging itself reaches the world, so that a person is asked before it. */
  readonly reaching?: boolean;
  /** True where its lines run on the machine itself, with nothing that holds them. */
  readonly unboxed?: boolean;
}

/** A stage: worked out, durable, not yet let into the world. */
export interface Staged<S> {
  readonly stage: S;
  readonly effects: Effects;
  /** Circumstances found while staging, such as `root_over_limit`. */
  readonly circumstances: readonly string[];
  readonly reversibility: Reversibility;
  /** What it answered while it was staged, where it ran then. */
  readonly output?: unknown;
  /** Why it is not committed by itself, though somebody may commit it as it is. */
  readonly failure?: HomeostatError;
}

export interface Committed<O, P> {
  /** Null where the stage was an undo's, so that the tool itself did nothing anew. */
  readonly output: O | null;
  /** What undo needs; null where nothing changed. */
  readonly snapshot: P | null;
  /** Null where they are as they were staged. */
  readonly effects: Effects | null;
}

/** Whether the world is as the action claims; where it is not, the pipeline takes the action back. */
export type Verification = { readonly ok: true } | { readonly ok: false; readonly error: HomeostatError };

/** How a half-done commit was brought to an end after a crash. */
export interface Recovery {
  readonly outcome: 'rolled_back' | 'rollback_failed' | 'unknown';
  readonly message: string;
  /** What was found to have changed, where that could be told only now. */
  readonly effects?: Effects;
}
