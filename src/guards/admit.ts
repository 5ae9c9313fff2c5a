import { checkWaiting } from './approvals/waiting.ts';
import { takeLeases } from './limits/leases.ts';
import { checkBreakers } from './limits/breaker.ts';
import { checkRates, checkRepeated } from './limits/rates.ts';
import { checkSpace } from './limits/space.ts';
import type { House } from './house.ts';
import type { Run } from './run.ts';
import { checkStop } from './stop.ts';

/** Step 2: whether this agent may act at all, now, on these resources. */
export async function admit(run: Run, house: House): Promise<void> {
  checkStop(house);
  house.store.read(() => {
    checkRates(run.agent, house);
    if (run.bound?.dryRun !== true) checkWaiting(run, house);
    if (run.bound?.dryRun !== true) checkRepeated(run.requestDigest, house);
  });
  checkBreakers(run, house);
  const changes = (run.intent?.resources.length ?? 0) > 0;
  if (changes && run.undoes === null) checkSpace(house);
  // A dry run changes nothing, and what runs in a stage of its own changes nothing until its commit.
  const apart = run.intent?.contained === true || run.intent?.reaching === true;
  if (run.bound?.dryRun !== true && !apart)
    await takeLeases(run.intent?.resources ?? [], run.id, house, run.signal);
}
