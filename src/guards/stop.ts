import { HomeostatError } from '../core/errors.ts';
import { BLANK } from '../store/audit.ts';
import type { House } from './house.ts';

/** Whether the stop is pulled, as the record has it: a file that somebody takes away does not release it. */
const STOPPED = 'stopped';

/** Why the emergency stop is pulled; null while it is not. */
export function stopReason(house: Pick<House, 'stop' | 'store'>): string | null {
  const reason = house.stop.pulled();
  if (reason !== null) return reason;
  const recorded = house.store.read(() => house.store.setting(STOPPED));
  return recorded === null || recorded === '' ? null : recorded;
}

/** Throws while the emergency stop is pulled; the first that notices what nobody has recorded puts it on record. */
export function checkStop(house: House): void {
  const reason = stopReason(house);
  if (reason === null) return;
  noticeStop(house, reason);
  throw new HomeostatError('emergency_stopped', `the emergency stop is pulled: ${reason}`);
}

/** A file made by hand, or by a process that could write nothing else. */
function noticeStop(house: House, reason: string): void {
  try {
    if (house.stop.pulled() === null) house.stop.pull(reason);
    if (!isRecorded(house)) recordStop(house, 'homeostat', reason);
  } catch {
    // It holds all the same; the refusal that follows cannot be recorded either, and says so.
  }
}

const isRecorded = (house: House): boolean =>
  (house.store.read(() => house.store.setting(STOPPED)) ?? '') !== '';

/** Puts on record that the stop is pulled, and by whom. */
export function recordStop(house: House, by: string, reason: string): void {
  const detail = house.secrets.text(reason).slice(0, 300).toWellFormed();
  house.store.write(() => {
    house.store.setSetting(STOPPED, detail || 'pulled');
    house.store.audit.append({ ...BLANK, agent: by, event: 'stop.pulled', action: 'stop', detail });
  });
}

/** The record first: where it cannot be written, the stop goes on. */
export function releaseStop(house: House, by: string): void {
  house.store.write(() => {
    house.store.setSetting(STOPPED, '');
    house.store.audit.append({ ...BLANK, agent: by, event: 'stop.released', action: 'release' });
    house.stop.release();
  });
}
