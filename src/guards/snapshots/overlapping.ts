import { HomeostatError } from '../../core/errors.ts';
import { isInside } from '../../core/inside.ts';
import type { Plan, Step } from '../../core/plan.ts';
import type { ActionRow } from '../../store/actions.ts';
import type { SnapshotRow } from '../../store/snapshots.ts';
import type { House } from '../house.ts';

/** A path that an action touched; `whole` where what lies below it came or went with it. */
interface Touch {
  readonly path: string;
  readonly whole: boolean;
}

/** What an action's snapshot tells of it; of an undo's, that of the tool which did it. */
interface Told {
  readonly snapshot?: Told;
  readonly plan?: Plan;
  readonly changes?: readonly { readonly path: string }[];
}

const ALL = 1_000_000;

/**
 * The later actions that stand and touch what this one touched, or what one of them did; newest first. In this order
 * each can be undone, for nothing that overlaps it comes after it.
 */
export function laterOverlapping(id: string, { store }: House): ActionRow[] {
  const rows = store.snapshots.list(ALL);
  const place = rows.findIndex((row) => row.action_id === id);
  const own = rows[place];
  if (own === undefined) throw new HomeostatError('nothing_to_undo', `nothing is kept of action ${id}`);
  const later = rows.slice(0, place);
  const ids = new Set(later.map((row) => row.action_id));
  const touched = touches(own);
  const found: ActionRow[] = [];
  for (const row of later.toReversed()) {
    const action = store.actions.get(row.action_id);
    if (action === null || store.actions.undoneBy(action.id) !== null) continue;
    if (!changesSince(action, ids, (one) => store.actions.get(one))) continue;
    const theirs = touches(row);
    if (!theirs.some((one) => touched.some((other) => meet(one, other)))) continue;
    touched.push(...theirs);
    found.unshift(action);
  }
  return found;
}

/** An undo of what came later itself leaves nothing to be undone; its undo does again. */
function changesSince(
  action: ActionRow,
  later: ReadonlySet<string>,
  get: (id: string) => ActionRow | null,
): boolean {
  let links = 0;
  for (let one: ActionRow | null = action; one !== null && later.has(one.id); links++)
    one = one.undoes === null ? null : get(one.undoes);
  return links % 2 === 1;
}

function touches({ data }: Pick<SnapshotRow, 'data'>): Touch[] {
  const told = data as Told;
  const { plan, changes = [] } = told.snapshot ?? told;
  const steps = plan?.parts.flatMap(({ root, store, steps: all }) =>
    all.filter(isMore).flatMap((step) => {
      const path = step.path === '' ? root : `${root}/${step.path}`;
      const whole = step.do === 'put' || step.do === 'remove';
      return [
        { path, whole },
        ...inodesOf(step).map((inode) => ({ path: `${store}:${inode}`, whole: false })),
      ];
    }),
  );
  return [...(steps ?? []), ...changes.map(({ path }) => ({ path, whole: true }))];
}

/** All but the time of a folder, which is moved by whatever comes and goes in it. */
function isMore(step: Step): boolean {
  if (step.do !== 'attributes' || step.after.type !== 'directory') return true;
  const { before, after } = step;
  return (
    (['mode', 'uid', 'gid'] as const).some((field) => before[field] !== after[field]) ||
    JSON.stringify(before.xattrs) !== JSON.stringify(after.xattrs)
  );
}

/** A file with several names is changed under all of them. */
function inodesOf(step: Step): string[] {
  const prints = [...('before' in step ? [step.before] : []), ...('after' in step ? [step.after] : [])];
  return prints.flatMap((print) =>
    print !== null && print.links > 1 && print.type !== 'directory' ? [print.ino] : [],
  );
}

const meet = (a: Touch, b: Touch): boolean =>
  a.path === b.path || (a.whole && isInside(b.path, a.path)) || (b.whole && isInside(a.path, b.path));
