import { HomeostatError } from '../../core/errors.ts';
import type { ActionRow } from '../../store/actions.ts';
import type { House } from '../house.ts';
import { holderLives } from './leases.ts';

const MINUTE_MS = 60_000;
/** So many failures of one kind in a row, within so long. */
const SAME_FAILURES = 3;
const SAME_FAILURE_MS = 5 * MINUTE_MS;

const FAILED: ReadonlySet<string> = new Set(['failed', 'rolled_back', 'rollback_failed']);
/** What ended from outside says nothing about the action. */
const ENDED_FROM_OUTSIDE: ReadonlySet<string> = new Set(['cancelled', 'interrupted', 'emergency_stopped']);

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

/** What a person has refused again and again is not put to them once more; a failure of another kind. */
const isFailure = ({ outcome, error }: ActionRow): boolean =>
  FAILED.has(outcome ?? '') || error?.code === 'approval_denied';

/** Refuses what has just failed the same way again and again: it will fail once more, and nobody learns from it. */
export function checkRepeated(requestDigest: string, house: House): void {
  const now = Date.now();
  const last = house.store.actions.lastWithDigest(requestDigest, now + MINUTE_MS, SAME_FAILURES);
  const [newest] = last;
  const code = newest?.error?.code;
  const same = last.filter(
    (row) =>
      isFailure(row) &&
      row.error?.code === code &&
      !ENDED_FROM_OUTSIDE.has(row.error?.code ?? '') &&
      (row.finished_ms ?? 0) > now - SAME_FAILURE_MS,
  );
  if (newest === undefined || same.length < SAME_FAILURES) return;
  const oldest = Math.min(...same.map((row) => row.finished_ms ?? now));
  const rest = Math.max(1, Math.ceil((Math.min(oldest, now) + SAME_FAILURE_MS - now) / 1000));
  throw new HomeostatError(
    'repeated_failure',
    `this very action has failed ${same.length} times the same way (${code}: ${newest.error?.message ?? ''})`,
    { next: `Find out why it fails and try something else; as it is, it is let through in ${rest} seconds.` },
  );
}

interface Minute {
  readonly from: number;
  asked: number;
}

const minutes = new WeakMap<House, Map<string, Minute>>();

/**
 * Refuses queries that are asked too often: each leaves a record, and a flood of them would fill the disk. Answers how
 * many were refused in the agent's last minute beside the first, where that minute is over. Kept in memory: a process
 * that has ended has no queries.
 */
export function countQuery(agent: string, house: House): { refused: 'no' | 'first' | 'again'; more: number } {
  const most = house.config.limits.queries_per_minute;
  const agents = minutes.get(house) ?? new Map<string, Minute>();
  minutes.set(house, agents);
  const now = house.machine.uptime().ms;
  const before = agents.get(agent);
  const isOver = before === undefined || now - before.from >= MINUTE_MS;
  const minute = isOver ? { from: now, asked: 0 } : before;
  agents.set(agent, minute);
  minute.asked++;
  const refused = minute.asked <= most ? 'no' : minute.asked === most + 1 ? 'first' : 'again';
  return { refused, more: isOver && before !== undefined ? Math.max(0, before.asked - most - 1) : 0 };
}
