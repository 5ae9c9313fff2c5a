import { HomeostatError } from '../../core/errors.ts';
import type { Principal } from '../../core/principal.ts';
import type { House } from '../house.ts';
import type { Run } from '../run.ts';
import { boundsOf } from './bounds.ts';

const MINUTE_MS = 60_000;

/** What a run, or all of one user under a card in its time, has used of the card's limits. */
interface Used {
  readonly actions: number;
  readonly risk: number;
  /** When the first of this very run was asked for; null where there was none. */
  readonly since_ms: number | null;
}

/**
 * Throws where an action would go over what its card allows. A run that has a name ends with its minutes, wherever and
 * however often it is connected; without one all connections of a user under the card share what renews in that time,
 * so that a restart or another client's name gives nothing anew. What an undo of the agent's own takes back costs
 * nothing, nor does what only looks. The caller is inside the transaction that puts the action on record.
 */
export function checkAllowance(run: Run, house: House): void {
  const { principal } = run.caller;
  const bounds = boundsOf(principal, house);
  if (bounds === null || run.tool.urgent || run.bound?.dryRun === true || isOwnUndo(run, house)) return;
  const { actions, minutes, risk } = bounds.limits;
  const used = usedBy(principal, bounds.card, minutes, run.id, house);
  const whose = principal.run === undefined ? `${minutes} minutes` : `run ${principal.run}`;
  const spent = (what: string): HomeostatError =>
    new HomeostatError('card_used_up', `the card ${bounds.card}: ${what} in this ${whose}`);
  const now = Date.now();
  if (principal.run !== undefined && used.since_ms !== null && now - used.since_ms > minutes * MINUTE_MS)
    throw spent(`${minutes} minutes are over`);
  if (used.actions >= actions) throw spent(`${used.actions} actions of ${actions} are used up`);
  const score = run.risk?.score ?? 0;
  if (used.risk + score > risk)
    throw spent(`with this, a risk of ${used.risk + score} of ${risk} would be used`);
}

function usedBy(principal: Principal, card: string, minutes: number, id: string, { store }: House): Used {
  const named = principal.run;
  // What lies further ahead was done before the clock was set back.
  const rows =
    named === undefined
      ? store.actions.underCard(card, Date.now() - minutes * MINUTE_MS, Date.now() + MINUTE_MS)
      : store.actions.underCard(card, 0, Number.MAX_SAFE_INTEGER);
  // A task that is begun anew gets a run of its own, and nothing anew to spend.
  const runs = named === undefined ? null : (store.tasks.ofRun(named)?.runs ?? [named]);
  const own = rows.filter(
    (row) => row.id !== id && row.user === principal.user && (runs === null || runs.includes(row.run ?? '')),
  );
  const times = own.filter(({ run }) => run === named).map(({ created_ms }) => created_ms);
  return {
    actions: own.length,
    risk: own.reduce((sum, { score }) => sum + score, 0),
    since_ms: times.length === 0 ? null : Math.min(...times),
  };
}

/** Taking back what one did oneself must never be out of reach; bringing it back again is an action like another. */
function isOwnUndo(run: Run, { store }: House): boolean {
  const undone = run.undoes === null ? null : store.actions.get(run.undoes);
  return undone !== null && undone.agent === run.agent && undone.undoes === null;
}
