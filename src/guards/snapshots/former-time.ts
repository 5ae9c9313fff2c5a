import type { Plan } from '../../core/plan.ts';
import type { House } from '../house.ts';

/** What a folder's time was before an action that is undone by now gave it this one; see `TransactionOptions`. */
export function formerTime(inode: string, mtime_ns: string, { store }: House): string | null {
  const undone = store.snapshots
    .naming(mtime_ns)
    .filter(({ action_id }) => store.actions.undoneBy(action_id) !== null);
  for (const { data } of undone) {
    const { plan } = data as { plan?: Plan };
    for (const step of plan?.parts.flatMap(({ steps }) => steps) ?? []) {
      if (step.do !== 'attributes' || step.after.type !== 'directory') continue;
      const { before, after } = step;
      const gave = after.ino === inode && after.mtime_ns === mtime_ns;
      // Where a file was written anew the folder kept its time.
      if (gave && before.mtime_ns !== mtime_ns) return before.mtime_ns;
    }
  }
  return null;
}
