import { HomeostatError } from '../../core/errors.ts';
import type { Principal } from '../../core/principal.ts';
import { LEAD, type Task } from '../../core/tasks.ts';
import type { House } from '../house.ts';

/** What a caller is in a goal: the run that hands out, or one that works on a task of it. */
export interface Standing {
  /** The run that hands out the goal's tasks. */
  readonly goal: string;
  /** By which it is written to. */
  readonly name: string;
  /** Null for who hands out. */
  readonly task: Task | null;
}

/**
 * Who somebody is by the name of their run, which comes from the command line that started their server and from no
 * input. The caller is inside `read` or `write`. Throws `task_refused` for a connection that has none.
 */
export function standingOf({ run }: Principal, { store }: Pick<House, 'store'>): Standing {
  if (run === undefined)
    throw new HomeostatError(
      'task_refused',
      'tasks and messages belong to a run, and this connection has none',
      {
        next: 'A person starts one: `homeostat agent run orchestrator "GOAL"`.',
      },
    );
  const task = store.tasks.ofRun(run);
  return task === null ? { goal: run, name: LEAD, task } : { goal: task.parent, name: task.name, task };
}
