import type { House } from '../house.ts';
import type { Run } from '../run.ts';

interface Sized {
  readonly before?: { readonly size: number } | null;
  readonly after?: { readonly size: number } | null;
}

/** How many paths a snapshot covers, and how many bytes it names; of tools that know no paths, one and none. */
export function sizeOf(snapshot: unknown): { changes: number; bytes: number } {
  const inner = (snapshot as { snapshot?: unknown } | null)?.snapshot ?? snapshot;
  const { changes, plan } = (inner ?? {}) as {
    changes?: Sized[];
    plan?: { parts: { steps: Sized[] }[] };
  };
  const all = changes ?? plan?.parts.flatMap(({ steps }) => steps);
  if (!Array.isArray(all)) return { changes: 1, bytes: 0 };
  const bytes = all.reduce((sum, { before, after }) => sum + (before?.size ?? 0) + (after?.size ?? 0), 0);
  return { changes: all.length, bytes };
}

/** Keeps what undo needs after the commit until it is put on record with the outcome. */
export function complete(run: Run, snapshot: unknown, house: House): void {
  run.completed = { snapshot };
  house.trace('preserved');
}

/** To be called inside the transaction of the outcome. */
export function putCompleted({ id, completed }: Run, house: House): void {
  if (completed === null) return;
  house.store.snapshots.put(id, completed.snapshot, sizeOf(completed.snapshot));
}

/** Makes what undo needs durable: first the objects, then the row that names them. */
export async function preserve(run: Run, snapshot: unknown, house: House): Promise<void> {
  await house.machine.files(run.caller.workspace).objects.sync();
  house.store.write(() => house.store.snapshots.put(run.id, snapshot, sizeOf(snapshot)));
  house.trace('preserved');
}
