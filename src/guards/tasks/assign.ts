import type { CardLimits } from '../../core/card.ts';
import { HomeostatError } from '../../core/errors.ts';
import { isInside } from '../../core/inside.ts';
import { type Caller, agentName } from '../../core/principal.ts';
import { type AtMost, PROTOCOL, type Task, type TaskDraft } from '../../core/tasks.ts';
import { boundsOf, checkUsable } from '../cards/bounds.ts';
import { workspaceWithin } from '../cards/roots.ts';
import { servicesOf } from '../cards/services.ts';
import type { House } from '../house.ts';
import { newId } from '../run.ts';
import { checkStop } from '../stop.ts';
import { recordTask } from './recorded.ts';
import { standingOf } from './standing.ts';

/** Of one goal. */
const MOST_TASKS = 12;
const ASSIGNS = 'assign_tasks';

/** Puts tasks down for other cards, all of them or none, each with its record. */
export function assignTasks(
  drafts: readonly TaskDraft[],
  caller: Caller,
  house: House,
): { tasks: Task[]; atMost: AtMost } {
  checkStop(house);
  const { card } = caller.principal;
  if (card === null) throw refused('tasks are handed out under a card, and this connection has none');
  for (const draft of drafts) checkDraft(draft, caller, house);
  return house.store.write(() => {
    const { goal, task: own } = standingOf(caller.principal, house);
    if (own !== null) throw refused(`this run works on the task ${own.name}; it hands out none itself`);
    const before = house.store.tasks.ofGoal(goal);
    const fresh = drafts.filter((draft) => !isThere(draft, before, house));
    checkOrder(fresh, before);
    if (before.length + fresh.length > MOST_TASKS)
      throw refused(`a goal has at most ${MOST_TASKS} tasks; this one has ${before.length}`);
    for (const draft of fresh) {
      const task = taskOf(draft, goal, card, house);
      house.store.tasks.insert(task);
      recordTask('task.assigned', task, agentName(caller.principal), house, {
        goal: task.goal,
        after: task.after,
        resources: task.resources,
      });
    }
    const names = new Set(drafts.map(({ name }) => name));
    const tasks = house.store.tasks.ofGoal(goal).filter(({ name }) => names.has(name));
    return { tasks, atMost: atMostOf(tasks, house) };
  });
}

const refused = (what: string): HomeostatError => new HomeostatError('task_refused', what);

/** Refuses what the card that it is for could not do, or what would let anybody reach further than they do. */
function checkDraft(
  { name, card, resources = [] }: TaskDraft,
  { principal, workspace }: Caller,
  house: House,
): void {
  // By these it is found and kept apart from others, which it would not be by what is kept of them.
  const masked = [name, ...resources].find((one) => house.secrets.redact(one) !== one);
  if (masked !== undefined)
    throw refused(`${house.secrets.redact(masked)}: a secret is no name of a task or of what it works on`);
  checkUsable(card, house);
  if (house.cards.get(card)?.tools.includes(ASSIGNS) === true)
    throw refused(`the task ${name}: the card ${card} hands out tasks itself`);
  const bounds = boundsOf({ card, under: principal.card ?? undefined }, house);
  const whole = { roots: workspace.beyond ?? workspace.roots, cwd: workspace.cwd };
  const { roots } = workspaceWithin(whole, bounds, house.machine.folders);
  const serves = servicesOf(bounds);
  for (const resource of resources) {
    const service = /^(?:container|service):(.*)$/s.exec(resource)?.[1];
    if (service === undefined && !roots.some((root) => isInside(resource, root)))
      throw new HomeostatError(
        'root_not_on_card',
        `the task ${name}: ${resource} is beyond the card ${card}`,
      );
    if (service !== undefined && serves?.(service) === false)
      throw new HomeostatError(
        'service_not_on_card',
        `the task ${name}: ${resource} is beyond the card ${card}`,
      );
  }
}

/** A call that is made again after its answer was lost asks for what is there already. */
function isThere(draft: TaskDraft, before: readonly Task[], house: House): boolean {
  const known = before.find(({ name }) => name === draft.name);
  if (known === undefined) return false;
  const { card, goal, check, resources, after } = { ...shapeOf(draft, house) };
  const same =
    JSON.stringify([card, goal, check, resources, after]) ===
    JSON.stringify([known.card, known.goal, known.check, known.resources, known.after]);
  if (!same)
    throw refused(`there is another task ${draft.name} in this goal; give this one a name of its own`);
  return true;
}

/** Every predecessor is there, and no task waits for itself by whatever way round. */
function checkOrder(fresh: readonly TaskDraft[], before: readonly Task[]): void {
  const names = fresh.map(({ name }) => name);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) throw refused(`two tasks are called ${twice}`);
  const known = new Set([...names, ...before.map(({ name }) => name)]);
  const waiting = new Map(fresh.map(({ name, after = [] }) => [name, new Set(after)]));
  for (const [name, after] of waiting)
    for (const one of after)
      if (!known.has(one)) throw refused(`${name} comes after ${one}, which is not there`);
  for (let ready = true; ready && waiting.size > 0;) {
    ready = false;
    for (const [name, after] of waiting)
      if (![...after].some((one) => waiting.has(one))) ready = waiting.delete(name);
  }
  if (waiting.size > 0)
    throw refused(`tasks wait for each other in a circle: ${[...waiting.keys()].join(', ')}`);
}

type Shape = Pick<Task, 'name' | 'card' | 'goal' | 'check' | 'resources' | 'after'>;

/** As it is kept: without secrets, of which names hold none. */
const shapeOf = (
  { name, card, goal, check, resources = [], after = [] }: TaskDraft,
  { secrets }: House,
): Shape => ({ name, card, ...secrets.redact({ goal, check: check ?? null }), resources, after });

const taskOf = (draft: TaskDraft, goal: string, card: string, house: House): Task => ({
  version: PROTOCOL,
  id: newId(),
  parent: goal,
  assigned_under: card,
  ...shapeOf(draft, house),
  behind: [],
  state: 'queued',
  why: null,
  runs: [],
  result: null,
  created: new Date().toISOString(),
  started: null,
  ended: null,
});

/** The limits of the cards that they are for, taken together. */
function atMostOf(tasks: readonly Task[], house: House): AtMost {
  const limits = tasks.map(({ card }) => boundsOf({ card }, house)?.limits);
  const sum = (of: keyof CardLimits): number => limits.reduce((all, one) => all + (one?.[of] ?? 0), 0);
  return { steps: sum('steps'), minutes: sum('minutes'), actions: sum('actions'), risk: sum('risk') };
}
