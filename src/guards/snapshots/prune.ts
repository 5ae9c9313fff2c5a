import { join } from 'node:path';
import type { Collected } from '../../core/records.ts';
import {
  type ActionFolder,
  actionFolders,
  bytesBelow,
  removeActionFolders,
} from '../../store/action-folders.ts';
import type { Garbage } from '../../store/collect.ts';
import type { Surplus } from '../../store/snapshots.ts';
import { expireOverdue, overdue } from '../approvals/settle.ts';
import type { House } from '../house.ts';
import { holderLives } from '../limits/leases.ts';
import { dropSnapshot, releaseKept, releaseSoon } from './release.ts';
import { SEEDING } from './seed.ts';

const DAY_MS = 86_400_000;
/** No burst of small actions pushes out what was kept less than an hour ago. */
const YOUNG_MS = 3_600_000;
const SETTING = 'last_prune';

/** Drops what retention lets go, and once a day the objects that nothing names any more. */
export function prune(house: House): void {
  const { store } = house;
  drop(house);
  releaseSoon(house);
  // Nobody waits for it; what a process that ends leaves of it, the next one finds.
  void remove(orphans(house), house);
  const now = Date.now();
  if (Math.abs(now - Number(store.setting(SETTING) ?? 0)) < DAY_MS) return;
  if (collect(now - DAY_MS, house) === null) return;
  store.write(() => store.setSetting(SETTING, String(now)));
}

/** All of it at once, for a person, and what it came to. */
export async function collectGarbage(house: House): Promise<Collected> {
  // First what needs no room in the database: where the disk is full, this makes some.
  const early = await clear(house);
  const stages = house.store.read(() => overdue(house));
  const snapshots = drop(house);
  const late = await clear(house);
  const unreleased = await releaseKept(house);
  const objects =
    early.objects === null || late.objects === null ? null : [...early.objects, ...late.objects];
  return told(snapshots, stages, [...early.folders, ...late.folders], objects, unreleased);
}

/** What `collectGarbage` would do now. */
export async function findGarbage(house: House): Promise<Collected> {
  const { store } = house;
  const [snapshots, stages] = store.read(() => [surplus(house), overdue(house)]);
  const going = new Set([...snapshots.map((row) => row.action_id), ...stages]);
  const folders = await measured(orphans(house, going));
  const objects = store.read(() => (isBusy(house) ? null : store.garbage(Date.now() - YOUNG_MS, going)));
  return told(
    snapshots,
    stages,
    folders,
    objects,
    store.read(() => store.releases.count()),
  );
}

async function clear(house: House): Promise<{ folders: Garbage[]; objects: Garbage[] | null }> {
  const found = orphans(house);
  const folders = await measured(found);
  await remove(found, house);
  return { folders, objects: collect(Date.now() - YOUNG_MS, house) };
}

function surplus({ store, config }: House): Surplus[] {
  const now = Date.now();
  const { snapshots: keep, bytes, days } = config.retention;
  return store.snapshots.surplus({ keep, bytes, youngMs: now - YOUNG_MS, beforeMs: now - days * DAY_MS });
}

/** Rows go first and for themselves: what they name is removed only when nothing can bring them back. */
function drop(house: House): Surplus[] {
  const { store } = house;
  expireOverdue(house);
  forgetStages(house);
  if (store.read(() => surplus(house)).length === 0) return [];
  const dropped = store.write(() => {
    const now = surplus(house);
    for (const { action_id } of now) dropSnapshot(action_id, house);
    return now;
  });
  house.trace('dropped');
  return dropped;
}

/** The stages of failed commands, which somebody may commit as long as one may wait for an approval. */
function forgetStages({ store, config }: House): void {
  const beforeMs = Date.now() - config.approvals.expire_hours * YOUNG_MS;
  const { snapshots: keep, held_bytes: bytes } = config.retention;
  if (store.read(() => store.actions.keepsStages()))
    store.write(() => store.actions.forgetStages({ beforeMs, keep, bytes }));
}

/**
 * The folders in the stores that no row names: of snapshots that went, of stages that were discarded, of processes
 * that were killed. An action is on record before its folder is made, so the rows are asked after the disk.
 */
function orphans({ store, discarding }: House, without?: ReadonlySet<string>): ActionFolder[] {
  return store.read(() => {
    const folders = actionFolders(store.stores.all());
    const holding = store.snapshots.holding();
    return folders.filter(
      ({ id }) =>
        !discarding.has(id) && !(holding.has(id) && !without?.has(id)) && !store.snapshots.names(id, without),
    );
  });
}

async function remove(folders: readonly ActionFolder[], house: House): Promise<void> {
  for (const { id, store } of folders) {
    await removeActionFolders(id, [store]);
    house.trace('swept');
  }
}

/** Null where an action or a first snapshot is under way, whose objects no row names yet. */
function collect(beforeMs: number, house: House): Garbage[] | null {
  const { store } = house;
  // Inside a write transaction no other process can record an intent, so nothing new can name an object meanwhile.
  return store.write(() => {
    store.sweepApart(Date.now() - YOUNG_MS);
    return isBusy(house) ? null : store.collect(beforeMs, house.trace);
  });
}

function isBusy(house: House): boolean {
  const { actions, leases } = house.store;
  const beats = leases.beats();
  return (
    actions.unfinished().some((row) => row.phase !== 'held') ||
    leases.all().some((l) => l.resource.startsWith(SEEDING) && holderLives(l.owner, beats, house))
  );
}

const measured = async (folders: readonly ActionFolder[]): Promise<Garbage[]> =>
  Promise.all(
    folders.map(async ({ id, store }) => {
      const path = join(store, id);
      return { path, bytes: await bytesBelow(path) };
    }),
  );

const told = (
  snapshots: readonly Surplus[],
  stages: readonly string[],
  folders: readonly Garbage[],
  objects: readonly Garbage[] | null,
  unreleased: number,
): Collected => ({
  snapshots: snapshots.map(({ action_id, why, bytes }) => ({ snapshot_id: action_id, why, bytes })),
  stages,
  folders,
  objects: {
    count: objects?.length ?? 0,
    bytes: objects?.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0,
  },
  busy: objects === null,
  unreleased,
});
