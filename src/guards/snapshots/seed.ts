import { HomeostatError } from '../../core/errors.ts';
import type { Workspace } from '../../core/principal.ts';
import type { House } from '../house.ts';
import { hasSpace } from '../limits/space.ts';
import { heartbeat, tryTake } from '../limits/leases.ts';
import { newId } from '../run.ts';

/** The scan works for some milliseconds, then rests as long: whoever calls meanwhile is served first. */
const REST_MS = 10;

/** Of the leases that keep two processes from seeding one root, and a collection from removing what was just kept. */
export const SEEDING = 'seed:';

/** Takes first snapshots of roots while nobody waits for them. */
export interface Seeder {
  begin(workspace: Workspace): void;
  /** Ends it, wherever it is; what is kept by then need not be kept again. */
  end(): Promise<void>;
}

export function seeder(house: House): Seeder {
  let abort: AbortController | null = null;
  let running: Promise<void> = Promise.resolve();
  return {
    begin(workspace) {
      if (abort !== null) return;
      abort = new AbortController();
      const { signal } = abort;
      const unwatch = house.stop.watch(() => abort?.abort());
      running = seed(workspace, house, signal)
        // Only a favour: whatever stands in its way, the action that needs the snapshot says so.
        .catch(() => undefined)
        .finally(unwatch);
    },
    async end() {
      // Also one that has not begun: after an action there is nothing left to be made ready.
      abort ??= new AbortController();
      abort.abort();
      await running;
    },
  };
}

async function seed(workspace: Workspace, house: House, signal: AbortSignal): Promise<void> {
  // Where commands run in overlays nothing has to be copied first.
  if ((await house.machine.sandbox.probe()).rung !== 'snapshot') return;
  const { leases } = house.store;
  const files = house.machine.files(workspace);
  for (const root of workspace.roots) {
    if (house.stop.pulled() !== null || signal.aborted || !hasSpace(house)) return;
    const id = newId();
    if (house.store.write(() => tryTake([SEEDING + root], id, house)) !== null) continue;
    const stopBeating = heartbeat(house);
    try {
      await files.scan(root, signal, REST_MS);
      await files.objects.sync();
      house.trace('seeded');
    } catch (error) {
      if (!(error instanceof HomeostatError)) throw error;
    } finally {
      stopBeating();
      house.store.write(() => leases.release(id));
    }
  }
}
