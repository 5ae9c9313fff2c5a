import type { Task } from '../../core/tasks.ts';
import { BLANK } from '../../store/audit.ts';
import { auditParameters, auditResources } from '../audit/parameters.ts';
import type { House } from '../house.ts';

/** Puts on record what became of a task, in the transaction of the caller; by its parent's and its runs' names others are found. */
export function recordTask(event: string, task: Task, agent: string, house: House, more: object = {}): void {
  const { id, parent, name, card, state, runs } = task;
  const run = runs.at(-1) ?? null;
  const told = { task: id, parent, name, card, state, run, ...more };
  const resources = [`task:${id}`, `run:${parent}`, ...(run === null ? [] : [`run:${run}`])];
  house.store.audit.append({
    ...BLANK,
    agent,
    event,
    action: 'task',
    parameters: auditParameters(told, house.secrets),
    resources: auditResources(resources, house.secrets),
    detail: task.why === null ? null : house.secrets.recorded.text(task.why).slice(0, 300).toWellFormed(),
  });
}
