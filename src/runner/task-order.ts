import { isInside } from '../core/inside.ts';
import type { Task } from '../core/tasks.ts';

/** Nobody will work on it any more. */
export const isOver = ({ state }: Pick<Task, 'state'>): boolean => state !== 'queued' && state !== 'running';

/**
 * The queued tasks that may begin now, in the order in which they were assigned: what they come after is done, what they
 * were put behind is over, and nothing that runs works on what they do. At most `free` of them.
 */
export function readyTasks(tasks: readonly Task[], free: number): Task[] {
  const named = new Map(tasks.map((task) => [task.name, task]));
  const taken = tasks.filter(({ state }) => state === 'running');
  const ready: Task[] = [];
  for (const task of tasks) {
    if (ready.length >= free) break;
    const before = task.after.every((name) => named.get(name)?.state === 'done');
    const behind = task.behind.every((name) => isOver(named.get(name) ?? task));
    if (task.state !== 'queued' || !before || !behind || taken.some((other) => clash(task, other))) continue;
    ready.push(task);
    taken.push(task);
  }
  return ready;
}

/** The queued tasks that can never begin, each with the one before it that was not done. */
export function hopelessTasks(tasks: readonly Task[]): { task: Task; because: Task }[] {
  const named = new Map(tasks.map((task) => [task.name, task]));
  return tasks.flatMap((task) => {
    if (task.state !== 'queued') return [];
    const because = task.after
      .map((name) => named.get(name))
      .find((one) => one !== undefined && isOver(one) && one.state !== 'done');
    return because === undefined ? [] : [{ task, because }];
  });
}

/** Whether two tasks work on the same thing. One that names nothing may touch anything, and so clashes with all. */
export function clash(a: Pick<Task, 'resources'>, b: Pick<Task, 'resources'>): boolean {
  if (a.resources.length === 0 || b.resources.length === 0) return true;
  return a.resources.some((one) => b.resources.some((other) => overlaps(one, other)));
}

const NAMED = /^(?:container|service):(.*)$/s;

function overlaps(a: string, b: string): boolean {
  const [one, other] = [a, b].map((resource) => NAMED.exec(resource)?.[1]);
  if (one === undefined && other === undefined) return isInside(a, b) || isInside(b, a);
  if (one === undefined || other === undefined) return false;
  return one === other || isContainerOf(one, other) || isContainerOf(other, one);
}

/** The name that Compose gives a service's container: `shop-web-1`. */
const isContainerOf = (container: string, service: string): boolean =>
  /[-_]\d+$/.test(container) &&
  `-${container.replace(/[-_]\d+$/, '').replaceAll('_', '-')}`.endsWith(`-${service.replaceAll('_', '-')}`);
