import { HomeostatError, asHomeostatError } from '../core/errors.ts';
import type { Operator } from '../core/gateway.ts';
import type { Said } from '../runner/run.ts';
import type { Session } from './session.ts';
import { askSecret, note } from './terminal.ts';

const TRIES = 3;
const LOOK_MS = 500;
const QUESTION = 'Passphrase to approve this (no: deny it; empty: leave it held): ';

/**
 * Shows a held action as the house has it and takes the person's word on it, here in the person's own process: what is
 * typed goes to the house alone, never to the server that the agent works through, and never to the model. When it is
 * decided elsewhere in the meantime, or time is up, the question is withdrawn.
 */
export function askPerson(session: Session): (actionId: string, ends: AbortSignal) => Promise<Said> {
  return async (id, ends) => {
    const operator = await session.operator();
    const shown = operator.show(id);
    note(shown.text);
    if (!operator.enrolled()) {
      note('nobody is enrolled who could approve it: homeostat approver add');
      return 'left';
    }
    const elsewhere = new AbortController();
    const watch = setInterval(() => isDecided(operator, id) && elsewhere.abort(), LOOK_MS);
    const withdrawn = AbortSignal.any([ends, elsewhere.signal]);
    try {
      for (let tried = 0; tried < TRIES; tried++) {
        const said = await asked(operator, id, shown.digest, withdrawn);
        if (said !== null) return said;
      }
      return 'left';
    } catch (error) {
      if (elsewhere.signal.aborted) {
        note('it was decided elsewhere');
        return 'elsewhere';
      }
      const { code, message } = asHomeostatError(error);
      note(message);
      return code === 'cancelled' && !ends.aborted ? 'interrupted' : 'left';
    } finally {
      clearInterval(watch);
    }
  };
}

/** One answer; null where it was a wrong passphrase. */
async function asked(
  operator: Operator,
  id: string,
  digest: string,
  withdrawn: AbortSignal,
): Promise<Said | null> {
  const typed = await askSecret(QUESTION, withdrawn);
  if (typed === '') return 'left';
  try {
    if (typed === 'no') {
      operator.deny(id, 'denied at the terminal');
      return 'denied';
    }
    await operator.approve(id, digest, { passphrase: typed, terminal: true });
    return 'approved';
  } catch (error) {
    if (!(error instanceof HomeostatError) || error.code !== 'wrong_passphrase') throw error;
    note(error.message);
    return null;
  }
}

/** Whether it waits no longer: decided, carried out, or expired. */
function isDecided(operator: Operator, id: string): boolean {
  try {
    const { status, expires_at } = operator.show(id);
    return status !== 'pending' || Date.parse(expires_at) <= Date.now();
  } catch {
    return true;
  }
}
