import { HomeostatError } from '../../core/errors.ts';
import { LEAD, type Task, type TaskKeeper, type TaskResult } from '../../core/tasks.ts';
import type { House } from '../house.ts';
import { newId } from '../run.ts';
import { checkStop } from '../stop.ts';
import { put } from './messages.ts';
import { recordTask } from './recorded.ts';
import { standingOf } from './standing.ts';

/** What the runner does with tasks: each step is one transaction with its record. */
export function taskKeeper(house: House): TaskKeeper {
  const { store, secrets } = house;
  const agent = `runner/${house.machine.user}`;
  const task = (id: string): Task => {
    const found = store.tasks.get(id);
    if (found === null) throw new HomeostatError('not_found', `there is no task ${id}`);
    return found;
  };
  const running = (id: string): Task => {
    const found = task(id);
    if (found.state === 'running') return found;
    throw new HomeostatError('task_refused', `the task ${found.name} is ${found.state}`);
  };
  const change = (event: string, before: Task, to: Partial<Task>): Task => {
    const after = { ...before, ...to };
    store.tasks.update(after);
    recordTask(event, after, agent, house);
    return after;
  };
  return {
    task: (id) => store.read(() => task(id)),
    taskOf: (run) => store.read(() => store.tasks.ofRun(run)),
    ofGoal: (parent) => store.read(() => store.tasks.ofGoal(parent)),
    messages: (parent) => store.read(() => store.tasks.messages(parent)),
    inbox: (run, after) =>
      store.read(() => {
        const { goal, name } = standingOf({ client: '', card: null, user: '', run }, house);
        return store.tasks.messages(goal).filter(({ id, to }) => id > after && to === name);
      }),
    start(id) {
      checkStop(house);
      return store.write(() => {
        const before = task(id);
        if (before.state === 'running') return change('task.resumed', before, {});
        if (before.state !== 'queued')
          throw new HomeostatError('task_refused', `the task ${before.name} is ${before.state}`);
        const started = before.started ?? new Date().toISOString();
        const runs = [...before.runs, newId()];
        return change('task.started', before, { state: 'running', why: null, runs, started });
      });
    },
    putBehind: (id, others, result, why) =>
      store.write(() => {
        const behind = [...others];
        change('task.put_behind', running(id), {
          state: 'queued',
          behind,
          why: secrets.text(why),
          result: secrets.redact(result),
        });
      }),
    end: (id, state, result, why) =>
      store.write(() => {
        const before = state === 'cancelled' ? task(id) : running(id);
        if (state === 'cancelled' && before.state !== 'queued')
          throw new HomeostatError('task_refused', `the task ${before.name} is ${before.state}`);
        const kept: TaskResult | null = result === null ? before.result : secrets.redact(result);
        const ended = new Date().toISOString();
        const after = change('task.ended', before, {
          state,
          result: kept,
          why: why === null ? null : secrets.text(why),
          ended,
        });
        const text = `${after.name}: ${state}${after.why === null ? '' : ` (${after.why})`}`;
        const { parent, name } = after;
        put({ parent, from: name, to: LEAD, task: id, kind: 'result', text }, agent, house);
      }),
  };
}
