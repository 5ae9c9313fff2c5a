import type { House } from '../house.ts';

const DAY_MS = 86_400_000;
/** No burst of small actions pushes out what was kept less than an hour ago. */
const YOUNG_MS = 3_600_000;
const SETTING = 'last_prune';

/** Drops snapshots beyond the configured retention, and once a day the objects that nothing names any more. */
export function prune(house: House): void {
  const { store, config } = house;
  const now = Date.now();
  const old = store.read(() =>
    store.snapshots.surplus(config.retention.snapshots, now - YOUNG_MS, now - config.retention.days * DAY_MS),
  );
  if (old.length > 0) store.write(() => old.forEach((id) => store.snapshots.drop(id)));
  if (Math.abs(now - Number(store.setting(SETTING) ?? 0)) < DAY_MS) return;
  // Inside a write transaction no other process can record an intent, so nothing new can name an object meanwhile.
  store.write(() => {
    const busy = store.actions.unfinished().some((row) => row.phase !== 'held');
    if (busy) return;
    store.collect(now - DAY_MS);
    store.setSetting(SETTING, String(now));
  });
}
