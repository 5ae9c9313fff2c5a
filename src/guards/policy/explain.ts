import { HomeostatError } from '../../core/errors.ts';
import type { Explanation } from '../../core/judgement.ts';
import type { House } from '../house.ts';

const MOST_EVENTS = 200;

/** Which facts and rules led to what became of an action. Throws `not_found` where nothing is on record of it. */
export function explain(id: string, { store }: House): Explanation {
  return store.read(() => {
    const row = store.judgements.get(id);
    const found = store.audit.query({ action_id: id, limit: MOST_EVENTS }).toReversed();
    const [first] = found;
    if (row === null && first === undefined)
      throw new HomeostatError('not_found', `nothing is on record of an action ${id}`, {
        next: '`homeostat audit` lists actions with their ids.',
      });
    return {
      action_id: id,
      tool: row?.tool ?? first?.body.action ?? '',
      agent: row?.agent ?? first?.body.agent ?? '',
      summary: row?.summary ?? '',
      judgements: row?.steps ?? [],
      events: found.map(({ seq, body: { time, event, result, error, detail } }) => ({
        seq,
        time,
        event,
        result,
        error,
        detail,
      })),
    };
  });
}
