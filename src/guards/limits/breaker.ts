import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleAll,
} from 'cockatiel';
import { type ErrorCode, HomeostatError } from '../../core/errors.ts';
import type { ActionReport } from '../../core/outcome.ts';
import type { House } from '../house.ts';
import type { Run } from '../run.ts';
import { tryTake } from './leases.ts';

const FAILURES = 5;
const REST_MS = 60_000;

/** What cockatiel tells of an open breaker, besides what is its own. */
interface Kept {
  ownState: { value: CircuitState; openedAt?: number };
}

/** As it is on record, so that all processes have the same one. */
function policyOf(text: string | null): CircuitBreakerPolicy {
  const kept = text === null ? undefined : (JSON.parse(text) as Kept);
  // A clock that was set back does not keep it open for longer.
  if (kept?.ownState.openedAt !== undefined)
    kept.ownState.openedAt = Math.min(kept.ownState.openedAt, Date.now());
  return circuitBreaker(handleAll, {
    halfOpenAfter: REST_MS,
    breaker: new ConsecutiveBreaker(FAILURES),
    ...(kept === undefined ? {} : { initialState: kept }),
  });
}

const openedAt = (policy: CircuitBreakerPolicy): number =>
  (policy.toJSON() as Kept).ownState.openedAt ?? Number.NaN;

/**
 * Refuses a tool that has failed on a resource five times in a row, for a minute; then one action may try, and the
 * others wait for how that ends.
 */
export function checkBreakers(run: Run, house: House): void {
  for (const resource of resourcesOf(run)) {
    const policy = policyOf(house.store.read(() => house.store.breakers.get(run.tool.name, resource)));
    if (policy.state !== CircuitState.Open) continue;
    const rest = openedAt(policy) + REST_MS - Date.now();
    if (rest > 0) throw open(run, resource, `it is tried again in ${Math.ceil(rest / 1000)} seconds`);
    const trial = [`breaker:${run.tool.name} ${resource}`];
    const holder = house.store.write(() => tryTake(trial, run.id, house));
    if (holder !== null) throw open(run, resource, `action ${holder.actionId} is trying it`);
  }
}

const open = (run: Run, resource: string, when: string): HomeostatError =>
  new HomeostatError(
    'circuit_open',
    `${run.tool.name} has failed ${FAILURES} times in a row on ${resource}; ${when}`,
  );

/** To take something back is never held up. */
const resourcesOf = ({ intent, undoes, bound }: Run): readonly string[] =>
  undoes === null && bound?.dryRun !== true ? (intent?.resources ?? []) : [];

/** Counts how an action ended for the breakers of its resources. */
export async function countForBreakers(run: Run, report: ActionReport, house: House): Promise<void> {
  const failed = isFailure(report);
  if (failed === null) return;
  try {
    await count(run, failed, house);
  } catch (error) {
    // What cannot be counted cannot be recorded either, and the next action's record says so.
    if (!(error instanceof HomeostatError)) throw error;
  }
}

async function count(run: Run, failed: boolean, house: House): Promise<void> {
  for (const resource of resourcesOf(run)) {
    // Another process may have counted meanwhile.
    for (let again = true; again;) {
      const was = house.store.read(() => house.store.breakers.get(run.tool.name, resource));
      if (was === null && !failed) break;
      const is = await counted(was, failed);
      again =
        is !== was && !house.store.write(() => house.store.breakers.change(run.tool.name, resource, was, is));
    }
  }
}

async function counted(was: string | null, failed: boolean): Promise<string | null> {
  const policy = policyOf(was);
  try {
    await policy.execute(() => {
      if (failed) throw new Error('it failed');
    });
    // At rest it is like one that never was.
    return null;
  } catch (error) {
    // One that was let in before the breaker opened ends after it.
    return error instanceof BrokenCircuitError ? was : JSON.stringify(policy);
  }
}

/** Ends from outside, and conflicts with others at work, say nothing about the resource. */
const ENDED_FROM_OUTSIDE: ReadonlySet<ErrorCode> = new Set([
  'cancelled',
  'interrupted',
  'emergency_stopped',
  'world_changed',
]);
/** Nor does a line with an error of its own that changed nothing. */
const NOTHING_SAID: ReadonlySet<ErrorCode> = new Set([
  ...ENDED_FROM_OUTSIDE,
  'command_failed',
  'record_failed',
]);

/** Null where the end tells nothing either way. */
function isFailure({ outcome, error }: ActionReport): boolean | null {
  if (outcome === 'succeeded') return false;
  if (error === null || outcome === 'held' || outcome === 'denied') return null;
  if (outcome === 'failed') return NOTHING_SAID.has(error.code) ? null : true;
  return ENDED_FROM_OUTSIDE.has(error.code) ? null : true;
}
