import { toolSchemas } from '../../src/core/json-schema.ts';
import { runClient } from '../../src/core/principal.ts';
import type { Task, TaskKeeper } from '../../src/core/tasks.ts';
import type { Hands } from '../../src/runner/hands.ts';
import { newMark } from '../../src/runner/fence.ts';
import { type TaskReport, taskReports } from '../../src/runner/goal-report.ts';
import type { RunEvent } from '../../src/runner/run.ts';
import { schedule } from '../../src/runner/schedule.ts';
import { taskGoal } from '../../src/runner/task-goal.ts';
import { PASSPHRASE, type TestApp, testApp } from './app.ts';
import { type Move, type Played, play } from './run.ts';
import { type Scratch, folders } from './scratch.ts';
import { auditOf } from './state.ts';

/** As run of a card, and of whoever handed it its task. */
export interface Who {
  readonly card: string;
  readonly run: string;
  readonly under?: string;
}

/** The real pipeline in this process, as a run has it through its server. */
export function handsIn(place: TestApp, { card, run, under }: Who): Hands {
  const named = place.app.cards().get(card)?.tools ?? [];
  const who = { client: runClient(run), card, user: 'root', run, ...(under === undefined ? {} : { under }) };
  return {
    tools: place.app.gateway
      .tools()
      .filter(({ name }) => named.includes(name))
      .map((tool) => ({
        name: tool.name,
        description: tool.description,
        input: toolSchemas(tool).input,
        takesDryRun: tool.kind === 'action',
        readsOnly: tool.annotations.readOnlyHint,
      })),
    call: async (tool, input) => ({ ...(await place.ask(tool, input, who)) }),
    close: async () => undefined,
  };
}

/** What the model of a task plays, by the task's name; told which attempt it is, from 1. */
export type TaskMoves = Readonly<Record<string, readonly Move[] | ((attempt: number) => readonly Move[])>>;

export interface PlayedGoal extends Played {
  readonly keeper: TaskKeeper;
  readonly tasks: readonly TaskReport[];
  /** What the models of tasks heard first. */
  readonly first: ReadonlyMap<string, string>;
  readonly played: ReadonlyMap<string, Played>;
}

export interface GoalPlay {
  readonly id?: string;
  readonly parallel?: number;
  readonly dryRun?: boolean;
  readonly card?: string;
  readonly tell?: (event: RunEvent) => void;
}

let goals = 0;

/** A goal in this process: the orchestrator and each task as a run of its own, with the real scheduler and record. */
export async function playGoal(
  place: TestApp,
  moves: readonly Move[],
  tasks: TaskMoves,
  {
    id = `goal${String(++goals).padStart(4, '0')}`,
    parallel = 2,
    dryRun = false,
    card = 'orchestrator',
    tell = () => undefined,
  }: GoalPlay = {},
): Promise<PlayedGoal> {
  const keeper = await place.app.tasks();
  const first = new Map<string, string>();
  const played = new Map<string, Played>();
  const over = new AbortController();
  const work = async (task: Task): Promise<{ report: Played['report'] }> => {
    const run = task.runs.at(-1) ?? '';
    const script = tasks[task.name] ?? ['done'];
    const goal = taskGoal(task, keeper.ofGoal(task.parent), newMark());
    first.set(task.name, goal);
    const done = await play(typeof script === 'function' ? script(task.runs.length) : script, {
      on: place,
      card: task.card,
      id: run,
      goal,
      dryRun,
      hands: handsIn(place, { card: task.card, run, under: task.assigned_under }),
      news: (after) => keeper.inbox(run, after),
    });
    played.set(task.name, done);
    return { report: done.report };
  };
  const limits = (name: string) =>
    place.app.cards().get(name)?.limits ?? { steps: 0, minutes: 0, actions: 0, risk: 0 };
  const scheduling = schedule({ goal: id, keeper, parallel, work, limits, tell, signal: over.signal });
  const lead = await play(moves, {
    on: place,
    card,
    id,
    dryRun,
    hands: handsIn(place, { card, run: id }),
    news: (after) => keeper.inbox(id, after),
  });
  await (lead.ended.stop === 'final_answer' ? scheduling.finish() : scheduling.drain());
  const ask = async (tool: string, input: object) => place.ask(tool, input);
  return { ...lead, keeper, first, played, tasks: await taskReports(keeper.ofGoal(id), 'root', ask) };
}

/** What the record has of tasks, as `EVENT NAME`, in order. */
export const taskEvents = (place: Scratch, goal: string): string[] =>
  auditOf(place).flatMap(({ event, parameters }) => {
    const { parent, name } = (parameters ?? {}) as { parent?: string; name?: string };
    return event.startsWith('task.') && parent === goal ? [`${event.slice(5)} ${name}`] : [];
  });

export const assign = (...tasks: object[]): Move => [{ tool: 'assign_tasks', input: { tasks } }];
export const awaited: Move = [{ tool: 'await_tasks', input: { wait_seconds: 60 } }];

const CONFIG = `
toolsets: [core, agents]
limits: { queries_per_minute: 100000, actions_per_minute: 100000 }
`;

/** The product with the tools that goals need, and nothing in the way but the cards; its folder is the caller's to remove. */
export async function goalApp(more = '', furnish: (on: Scratch) => void = () => undefined): Promise<TestApp> {
  const on = folders(`${CONFIG}${more}`);
  furnish(on);
  const first = await testApp({ on });
  const person = await first.app.operator();
  await person.enrol(PASSPHRASE, null);
  await person.trustConfig({ passphrase: PASSPHRASE, terminal: false });
  await first.close();
  return testApp({ on });
}
