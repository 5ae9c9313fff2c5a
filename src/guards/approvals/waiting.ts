import { HomeostatError } from '../../core/errors.ts';
import type { ActionRow } from '../../store/actions.ts';
import type { House } from '../house.ts';
import type { Run } from '../run.ts';
import { grantFor } from './grants.ts';

/**
 * A person is not to be worn down into yes: what waits already is not put to them again, and an agent that has much
 * waiting gets nothing more put to them.
 */
export function checkWaiting(run: Run, house: House): void {
  const waiting = heldOf(run.agent, house);
  const same = waiting.find((row) => row.request_digest === run.requestDigest);
  if (same !== undefined)
    throw new HomeostatError('already_held', `the same waits for a person already, as ${same.id}`, {
      next: `Call wait_for_approval with the id ${same.id}; asking again changes nothing.`,
    });
}

/** All agents together may have so many times the number of one waiting: a client calls itself what it likes. */
const ALL_AGENTS = 5;

/**
 * The same before anything is staged, where it is certain by then that a person decides: what runs in a stage of its
 * own is judged by what it turns out to do.
 */
export function checkRoom(run: Run, house: House): void {
  const { bound, intent, decision } = run;
  if (decision?.verdict !== 'ask' || bound?.dryRun === true || intent?.contained === true) return;
  if (grantFor(run, house) !== null) return;
  house.store.read(() => checkNumber(run, house));
}

/** Called where one more is about to be held. */
export function checkNumber(run: Run, house: House): void {
  const most = house.config.limits.held_actions;
  const all = heldIn(house).filter((row) => row.id !== run.id);
  const own = all.filter((row) => row.agent === run.agent);
  if (own.length >= most)
    throw new HomeostatError(
      'too_many_held',
      `${own.length} actions of ${run.agent} wait for a person already`,
    );
  if (all.length >= ALL_AGENTS * most)
    throw new HomeostatError(
      'too_many_held',
      `${all.length} actions of all agents wait for a person already`,
    );
}

const heldIn = ({ store }: House): ActionRow[] =>
  store.actions.unfinished().filter((row) => row.phase === 'held');
const heldOf = (agent: string, house: House): ActionRow[] =>
  heldIn(house).filter((row) => row.agent === agent);
