import { HomeostatError } from '../../core/errors.ts';
import type { ActionReport } from '../../core/outcome.ts';
import type { Answer, AskPerson, Caller } from '../../core/principal.ts';
import { rank } from '../../core/risk.ts';
import type { ActionRow } from '../../store/actions.ts';
import type { House } from '../house.ts';
import { approvalText } from './approval-text.ts';
import { approveHeld } from './approve.ts';
import { resumeAction } from './resume.ts';
import { settle } from './settle.ts';

/** A longer text would be cut by a client's form, and nobody decides on what they cannot see. */
const MOST_TEXT = 8000;
/** What has changed while the form was open is asked about anew, but not for ever. */
const ROUNDS = 3;
/** After so many times no, within so long, an agent's questions wait at the terminal, where nothing pops up. */
const MOST_NOES = 3;
const NOES_MS = 10 * 60_000;

/**
 * Asks about a held action in the client's own form, where a person has enrolled that client for it. Whatever comes
 * back but a plain yes or no leaves the action held, as for any other client.
 */
export async function askInForm(held: ActionReport, caller: Caller, house: House): Promise<ActionReport> {
  const { ask } = caller;
  if (ask === undefined) return held;
  let report = held;
  for (let round = 0; round < ROUNDS && report.outcome === 'held'; round++) {
    if (!(await decide(report, ask, caller, house))) return report;
    report = await resumeAction(report.action_id ?? '', 0, caller, house);
  }
  return report;
}

/** True once there is a word to act on. */
async function decide(report: ActionReport, ask: AskPerson, caller: Caller, house: House): Promise<boolean> {
  const { row, digest } = house.store.read(() => ({
    row: house.store.actions.get(report.action_id ?? ''),
    digest: house.store.approvals.of(report.action_id ?? '')?.digest,
  }));
  if (row === null || digest === undefined || !suffices(row, caller, house)) return false;
  const noes = house.store.read(() => house.store.approvals.countDenied(row.agent, Date.now() - NOES_MS));
  if (noes >= MOST_NOES) return false;
  const text = house.secrets.shown(approvalText(row));
  if (text.length > MOST_TEXT) return false;
  const answer = await answered(ask, text, caller, house);
  const agent = `person/${caller.principal.user}`;
  if (answer.said === 'nothing') return false;
  if (answer.said === 'deny')
    return settle(row, 'denied', agent, answer.reason ?? 'denied without a reason', house);
  try {
    approveHeld(row, digest, { agent, detail: `asked in the form of ${caller.principal.client}` }, house);
    return true;
  } catch (error) {
    // Decided elsewhere, or worked out anew, while the form was open.
    if (error instanceof HomeostatError && ['world_changed', 'not_held'].includes(error.code)) return false;
    throw error;
  }
}

/** The form closes with the call and with the emergency stop. */
async function answered(ask: AskPerson, text: string, caller: Caller, house: House): Promise<Answer> {
  const abort = new AbortController();
  const unwatch = house.stop.watch(() => abort.abort());
  house.trace('asking');
  try {
    const signal = AbortSignal.any([caller.signal, abort.signal]);
    const answer = await ask(text, house.config.approvals.ask_seconds * 1000, signal);
    return signal.aborted ? { said: 'nothing' } : answer;
  } finally {
    unwatch();
  }
}

/** The form of a client suffices for what can be taken back whole; the rest needs the approver's own proof. */
function suffices({ risk }: ActionRow, { principal }: Caller, { config }: House): boolean {
  return (
    config.approvals.ask_in.includes(principal.client) &&
    rank(risk.level) <= rank('HIGH') &&
    risk.reversibility === 'reversible'
  );
}
