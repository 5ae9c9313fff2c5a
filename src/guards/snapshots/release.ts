import type { ReleaseContext } from '../../core/context.ts';
import type { ReleaseRow } from '../../store/releases.ts';
import { findAction, type House } from '../house.ts';

/** What cannot be let go now is tried again after so long, or at the next start. */
const LATER_MS = 60_000;

/** For so long after an action was cut short an engine may still make what it was asked for before. */
const LATE_MS = 3_600_000;

const tried = new WeakMap<House, number>();

/**
 * Drops a snapshot; the caller holds a write transaction. What its tool has kept for it outside the state stays on
 * record until that is let go, too, so that neither a kill nor an engine that is away leaves it there for good.
 */
export function dropSnapshot(actionId: string, house: House): void {
  const { actions, releases, snapshots } = house.store;
  const tool = findAction(house, actions.get(actionId)?.tool ?? '');
  if (tool !== null && tool.release !== null) releases.put(actionId, tool.name);
  snapshots.drop(actionId);
}

/** Lets go what is kept for snapshots that are gone, unless that was tried and failed a moment ago. */
export function releaseSoon(house: House): void {
  if (performance.now() - (tried.get(house) ?? -LATER_MS) < LATER_MS) return;
  if (house.store.read(() => house.store.releases.count()) === 0) return;
  tried.set(house, performance.now());
  // Nobody waits for it; what a process that ends leaves of it, the next one finds.
  releaseKept(house)
    .then(() => void (house.store.read(() => house.store.releases.count()) === 0 && tried.delete(house)))
    // A process that closes its state meanwhile is told nothing either.
    .catch(() => undefined);
}

/** The same at once; answers how many could not be let go now. */
export async function releaseKept(house: House): Promise<number> {
  const { store } = house;
  let left = 0;
  for (const row of store.read(() => store.releases.all())) {
    if (!(await isReleased(row, house))) left++;
    else if (!store.read(() => mayBeLate(row, house))) {
      store.write(() => store.releases.drop(row.action_id));
      house.trace('released');
    }
  }
  return left;
}

/** Whether more of it may come: then it stays on record, and is let go once more. */
function mayBeLate({ action_id: id }: ReleaseRow, { store }: House): boolean {
  const row = store.actions.get(id);
  if (row === null || row.outcome === 'succeeded') return false;
  return Date.now() - (row.finished_ms ?? 0) < LATE_MS;
}

async function isReleased({ action_id: actionId, tool, data }: ReleaseRow, house: House): Promise<boolean> {
  const ctx: ReleaseContext = {
    actionId,
    engine: house.machine.engine,
    release: async (name, snapshot) => {
      await findAction(house, name)?.release?.(snapshot, ctx);
    },
  };
  try {
    await ctx.release(tool, JSON.parse(data));
    return true;
  } catch {
    // The engine is away, or does not want it yet.
    return false;
  }
}
