import { BLANK } from '../../store/audit.ts';
import { headsAfter } from '../../store/audit-heads.ts';
import type { House } from '../house.ts';

const ANCHOR_MS = 30_000;
/** How far the anchor has taken the file of heads, in bytes; and why it did not take what follows. */
const TAKEN = 'anchor_taken';
const FAILURE = 'anchor_failure';

type Anchored = Pick<House, 'store' | 'config' | 'machine'>;

/** Gives the anchor every head that it has not taken yet, in their order; what fails is given again with the next. */
export async function feedAnchor(house: Anchored): Promise<void> {
  const { store, config, machine } = house;
  const line = config.audit.anchor;
  if (line === undefined) return;
  for (;;) {
    const { heads, end } = untaken(house);
    if (heads.length === 0) return;
    const failure = await machine.feed(
      line,
      heads.map((head) => `${JSON.stringify(head)}\n`).join(''),
      ANCHOR_MS,
    );
    store.write(() => {
      // Once for each cause, so that an anchor that is away for weeks does not fill the record.
      if (failure !== null && failure !== store.setting(FAILURE))
        store.audit.append({
          ...BLANK,
          agent: 'homeostat',
          event: 'audit.anchor_failed',
          action: 'anchor',
          detail: failure,
        });
      store.setSetting(FAILURE, failure ?? '');
      if (failure === null) store.setSetting(TAKEN, String(end));
    });
    if (failure !== null) return;
  }
}

/** How many heads the anchor has not taken, at least, and why; null where there is no anchor. */
export function anchorState(house: Anchored): { waiting: number; failure: string | null } | null {
  if (house.config.audit.anchor === undefined) return null;
  const failure = house.store.read(() => house.store.setting(FAILURE)) ?? '';
  return { waiting: untaken(house).heads.length, failure: failure === '' ? null : failure };
}

function untaken({ store }: Anchored): ReturnType<typeof headsAfter> {
  const taken = Number(store.read(() => store.setting(TAKEN)) ?? 0);
  return headsAfter(store.home.auditHeads, taken);
}
