import type { ChangeSet, Described } from './effects.ts';
import type { Plan } from './plan.ts';
import type { Layer, Rung } from './sandbox.ts';

/** What an action changes in the roots, staged beside them and moved in by renames; bound to one action. */
export interface Transactions {
  /** Why the roots cannot be staged on this machine; null where they can. */
  missing(): string | null;
  /**
   * Makes the folders that the action's stage lies in, one for each root. Throws `no_store` where a root has none on
   * its own file system.
   */
  open(): Promise<Layer[]>;
  /** What stands in the upper layers now, as a plan. Throws `world_changed` where somebody changed the same meanwhile. */
  read(layers: readonly Layer[], rung: Rung): Promise<Plan>;
  /**
   * To be awaited before what was read is relied on: much of it is brought to stable storage while it is described.
   * Throws where that fails, which the kernel tells only once.
   */
  flushed(): Promise<void>;
  /** A change set as a plan, its contents made beside their places. Throws `world_changed` where a path is gone. */
  plan(set: ChangeSet): Promise<Plan>;
  /** Does a change set at once, as a recovery does that may be repeated. */
  restore(set: ChangeSet): Promise<void>;
  /** The first path that does not stand as an applied plan left it; null where all do. */
  differing(plan: Plan): string | null;
  /**
   * What a plan changes, for people; to be asked before it is applied. Paths below new, renamed or lost folders are
   * among it where a rule speaks of them.
   */
  describe(plan: Plan): Described[];
  /** Whether files that a plan changes in place may have names (hard links) outside the roots; asked as `describe` is. */
  reachesOut(plan: Plan): boolean;
  /** The plan of another action's stage as this action commits it: what it moves lies among this one's pre-images. */
  adopt(plan: Plan, of: string): Plan;
  /**
   * Throws `world_changed` where something is not as it was when the plan was worked out. With `applyNext` what lies
   * below a folder that goes is left to `apply`, which looks at it once it is out of everybody's reach.
   */
  check(plan: Plan, applyNext?: boolean): void;
  /** Does every step; returns the plan with what stands there afterwards, which is what undo needs. */
  apply(plan: Plan): Plan;
  /** Takes back whatever was done of a plan; returns the paths that somebody else has changed and that were left alone. */
  takeBack(plan: Plan): string[];
  /** The plan that takes back what another action applied. Throws `rollback_conflict` where somebody changed it since. */
  inverse(plan: Plan, of: string, force: boolean): Plan;
}
