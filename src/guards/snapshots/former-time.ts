import type { Plan } from '../../core/plan.ts';
import type { House } from '../house.ts';

/** By folder and time, which time it was before an action gave it that one. */
type Former = ReadonlyMap<string, string>;

/** What an action that is undone has given does not change any more, so that it is read once. */
const read = new WeakMap<House, Map<string, Former>>();
const MOST_READ = 100_000;

/** What a folder's time was before an action that is undone by now gave it this one; see `TransactionOptions`. */
export function formerTime(inode: string, mtime_ns: string, house: House): string | null {
  const { store } = house;
  const key = keyOf(inode, mtime_ns);
  for (const id of store.read(() => store.snapshots.undone())) {
    const former = formerOf(id, house).get(key);
    if (former !== undefined && store.actions.undoneBy(id) !== null) return former;
  }
  return null;
}

const keyOf = (inode: string, mtime_ns: string): string => `${inode} ${mtime_ns}`;

function formerOf(id: string, house: House): Former {
  const all = read.get(house) ?? new Map<string, Former>();
  read.set(house, all);
  const known = all.get(id);
  if (known !== undefined) return known;
  const { plan } = (house.store.snapshots.get(id)?.data ?? {}) as { plan?: Plan };
  const former = new Map<string, string>();
  for (const step of plan?.parts.flatMap(({ steps }) => steps) ?? []) {
    if (step.do !== 'attributes' || step.after.type !== 'directory') continue;
    const { before, after } = step;
    const key = keyOf(after.ino, after.mtime_ns);
    // Where a file was written anew the folder kept its time.
    if (before.mtime_ns !== after.mtime_ns && !former.has(key)) former.set(key, before.mtime_ns);
  }
  const size = [...all.values()].reduce((sum, one) => sum + one.size, former.size);
  if (size > MOST_READ) all.clear();
  all.set(id, former);
  return former;
}
