import { HomeostatError } from '../../core/errors.ts';
import type { House } from '../house.ts';
import { holderLives } from './leases.ts';

const MINUTE_MS = 60_000;
const FAILURES = 5;

/** Refuses an agent that asks too often or has too much running; counted across all processes. */
export function checkRates(agent: string, house: House): void {
  const { actions, leases } = house.store;
  const { actions_per_minute, concurrent_actions } = house.config.limits;
  // What lies further ahead was done before the clock was set back; it would lock the agent out until then.
  const lately = actions.countBetween(agent, Date.now() - MINUTE_MS, Date.now() + MINUTE_MS);
  if (lately >= actions_per_minute) {
    throw new HomeostatError(
      'rate_limited',
      `${agent} asked for ${lately} actions in a minute, ${actions_per_minute} are allowed`,
    );
  }
  const beats = leases.beats();
  const running = actions
    .unfinished()
    .filter((a) => a.phase !== 'held' && holderLives(a.owner, beats, house)).length;
  if (running >= concurrent_actions) {
    throw new HomeostatError('too_many_running', `${running} actions are running, ${concurrent_actions} may`);
  }
}

/** The circuit breaker: the same request, failed five times in a row within a minute, rests for a minute. */
export function checkBreaker(requestDigest: string, house: House): void {
  const now = Date.now();
  const last = house.store.actions.lastWithDigest(requestDigest, now + MINUTE_MS, FAILURES);
  const failed = last.filter(
    (a) =>
      ['failed', 'rolled_back', 'rollback_failed'].includes(a.outcome ?? '') &&
      (a.finished_ms ?? 0) > now - MINUTE_MS,
  );
  if (failed.length >= FAILURES) {
    throw new HomeostatError(
      'repeated_failure',
      `this very action has failed ${FAILURES} times within a minute`,
    );
  }
}
