import { HomeostatError } from '../../core/errors.ts';
import { type Caller, agentName } from '../../core/principal.ts';
import { LEAD, type Message, type MessageDraft } from '../../core/tasks.ts';
import { BLANK } from '../../store/audit.ts';
import { auditParameters } from '../audit/parameters.ts';
import type { House } from '../house.ts';
import { checkStop } from '../stop.ts';
import { standingOf } from './standing.ts';

/** That one agent may write in one goal. */
const MOST_MESSAGES = 30;

/** Writes to another agent of the same goal; what it says is data, and no order that widens anything. */
export function sendMessage(draft: MessageDraft, { principal }: Caller, house: House): Message {
  checkStop(house);
  return house.store.write(() => {
    const { goal, name, task } = standingOf(principal, house);
    const others = [LEAD, ...house.store.tasks.ofGoal(goal).map((one) => one.name)];
    if (!others.includes(draft.to) || draft.to === name)
      throw new HomeostatError('task_refused', `${draft.to} is nobody else of this goal`);
    const own = house.store.tasks
      .messages(goal)
      .filter(({ from, kind }) => from === name && kind !== 'result');
    const { to, kind, text } = house.secrets.redact(draft);
    const last = own.at(-1);
    // A call that is made again after its answer was lost.
    if (last?.to === to && last.kind === kind && last.text === text) return last;
    if (own.length >= MOST_MESSAGES)
      throw new HomeostatError('task_refused', `an agent writes at most ${MOST_MESSAGES} messages in a goal`);
    return put(
      { parent: goal, from: name, to, task: task?.id ?? null, kind, text },
      agentName(principal),
      house,
    );
  });
}

/** Puts a message and its record down, in the transaction of the caller. */
export function put(message: Omit<Message, 'id' | 'version' | 'time'>, agent: string, house: House): Message {
  const sent = house.store.tasks.send({ ...message, time: new Date().toISOString() });
  const { id, parent, from, to, task, kind, text } = sent;
  house.store.audit.append({
    ...BLANK,
    agent,
    event: 'message.sent',
    action: 'message',
    parameters: auditParameters({ message: id, parent, from, to, task, kind, text }, house.secrets),
    resources: [`run:${parent}`, ...(task === null ? [] : [`task:${task}`])],
  });
  return sent;
}
