import type { House } from '../house.ts';
import type { Run } from '../run.ts';

/** How many paths a snapshot covers, for lists; tools that know no paths count as one. */
function countChanges(snapshot: unknown): number {
  const inner = (snapshot as { snapshot?: unknown } | null)?.snapshot ?? snapshot;
  const changes = (inner as { changes?: unknown } | null)?.changes;
  return Array.isArray(changes) ? changes.length : 1;
}

/** Makes what undo needs durable: first the objects, then the row that names them. */
export async function preserve(run: Run, snapshot: unknown, house: House): Promise<void> {
  await house.machine.files(run.caller.workspace).objects.sync();
  house.store.write(() => house.store.snapshots.put(run.id, snapshot, countChanges(snapshot)));
  house.trace('preserved');
}
