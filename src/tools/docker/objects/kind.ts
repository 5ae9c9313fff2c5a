import type { ActionContext } from '../../../core/context.ts';

/**
 * What is done with one object of the engine, before and after; the inverse of a change is its undo. All of it can be
 * done again: a recovery does not know how far an action came.
 */
export interface Kind<C> {
  /** As people and the record name it, such as `volume shop-data`. */
  title(change: C): string;
  /** Throws where what stands is not what the change was worked out from. */
  check(change: C, ctx: ActionContext): Promise<void>;
  /** Keeps what its inverse needs, and answers the change with it; nothing else is changed. */
  keep(change: C, ctx: ActionContext): Promise<C>;
  /** Brings what stands to `after`, which is answered as it then is; `note` makes durable what it has made so far. */
  apply(change: C, ctx: ActionContext, note: (change: C) => Promise<void>): Promise<C>;
  /** In what it is not as `after` says; nothing where it is. */
  wrong(change: C, ctx: ActionContext): Promise<string[]>;
}
