import { HomeostatError, asHomeostatError } from '../../core/errors.ts';
import type { Fetched } from '../../core/gateway.ts';
import { type Caller, agentName } from '../../core/principal.ts';
import { BLANK } from '../../store/audit.ts';
import { auditParameters } from '../audit/parameters.ts';
import type { QueryJournal } from '../audit/query-journal.ts';
import type { House } from '../house.ts';
import { countedQuery } from '../run-query.ts';
import { checkUsable } from './bounds.ts';

const ACTIONS = { card: 'prompts/get', playbook: 'prompts/get', page: 'resources/read' } as const;

/** Puts on record what a client fetches; a card is taken by it, which is on record before the client has its prompt. */
export function fetched(what: Fetched, caller: Caller, journal: QueryJournal, house: House): void {
  const agent = agentName(caller.principal);
  const entry = {
    ...BLANK,
    agent,
    action: ACTIONS[what.kind],
    parameters: auditParameters(what, house.secrets),
  };
  const counted = countedQuery(caller, entry.action, journal, house);
  try {
    if (counted !== 'no')
      throw new HomeostatError('rate_limited', 'more queries in a minute than are allowed');
    if (what.kind !== 'card')
      return journal.add({ ...entry, event: 'query', risk_level: 'SAFE', result: 'succeeded' });
    checkTaken(what.name, caller, house);
    journal.flush();
    house.store.write(() =>
      house.store.audit.append({ ...entry, event: 'card.taken', result: 'succeeded', detail: what.name }),
    );
  } catch (thrown) {
    const { code } = asHomeostatError(thrown);
    if (counted !== 'again')
      journal.add({ ...entry, event: 'action.refused', result: 'denied', error: code });
    throw thrown;
  }
}

function checkTaken(name: string, { principal }: Caller, house: House): void {
  checkUsable(name, house);
  if (principal.card === null || principal.card === name) return;
  throw new HomeostatError(
    'card_fixed',
    `this connection works under the card ${principal.card}, not ${name}`,
  );
}
