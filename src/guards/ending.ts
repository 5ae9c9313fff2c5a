import { HomeostatError, asHomeostatError } from '../core/errors.ts';
import type { ActionReport } from '../core/outcome.ts';
import type { House } from './house.ts';
import { recordOutcome, recordRefusal } from './record.ts';
import { reportOf, type Run } from './run.ts';

/** Throws where the client or the emergency stop has ended the action. */
export function checkAlive(run: Run, house: House): void {
  if (!run.signal.aborted) return;
  const reason = house.stop.pulled();
  throw reason === null
    ? new HomeostatError('cancelled', `${run.tool.name} was cancelled`)
    : new HomeostatError('emergency_stopped', `${run.tool.name} was ended by the emergency stop: ${reason}`);
}

/** An abort has many faces further down; here it is named for what caused it. */
export function endedBy(run: Run, error: HomeostatError, house: House): HomeostatError {
  try {
    checkAlive(run, house);
    return error;
  } catch (alive) {
    return asHomeostatError(alive);
  }
}

/** Every exit that is not a success is recorded too; when even that cannot be done, the answer says so. */
export async function ended(run: Run, raw: unknown, thrown: unknown, house: House): Promise<ActionReport> {
  const error = endedBy(run, asHomeostatError(thrown), house);
  const outcome = error.class === 'refused' ? 'denied' : 'failed';
  if (run.committing) {
    // The commit has begun and its end could not be told: recovery finds it and takes it back.
    house.unsettled.add(run.id);
    return reportOf(run, { outcome: 'unknown', error });
  }
  try {
    return await (run.recorded
      ? recordOutcome(run, { outcome, error }, house)
      : recordRefusal(run, raw, { outcome, error }, house));
  } catch (recording) {
    if (run.recorded) house.unsettled.add(run.id);
    return reportOf(run, { outcome: 'failed', error: asHomeostatError(recording) });
  }
}
