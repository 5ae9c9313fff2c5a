import type { Caller } from '../../core/principal.ts';
import type { Coordination } from '../../core/tasks.ts';
import type { House } from '../house.ts';
import { checkStop } from '../stop.ts';
import { assignTasks } from './assign.ts';
import { sendMessage } from './messages.ts';
import { standingOf } from './standing.ts';

/** Tasks and messages as an agent of a goal has them: of its own goal and of no other. */
export const coordination = (caller: Caller, house: House): Coordination => ({
  assign: (drafts) => assignTasks(drafts, caller, house),
  tasks() {
    // Nobody waits for what will not go on.
    checkStop(house);
    return house.store.read(() => house.store.tasks.ofGoal(standingOf(caller.principal, house).goal));
  },
  send: (draft) => sendMessage(draft, caller, house),
});
