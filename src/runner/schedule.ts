import { setTimeout as sleep } from 'node:timers/promises';
import type { CardLimits } from '../core/card.ts';
import { asHomeostatError } from '../core/errors.ts';
import type { Task, TaskKeeper } from '../core/tasks.ts';
import type { RunReport } from './report.ts';
import type { RunEvent } from './run.ts';
import { hopelessTasks, readyTasks } from './task-order.ts';
import { resultOf, verdictOf } from './task-result.ts';

const POLL_MS = 150;
/** A run whose process dies goes on from its journal, so many times. */
const TRIES = 2;

/** What a run of a task ended with: its report, or why there is none. */
export type Worked = { readonly report: RunReport } | { readonly died: string };

export interface Scheduling {
  /** The run that hands the tasks out. */
  readonly goal: string;
  readonly keeper: TaskKeeper;
  readonly parallel: number;
  /** Goes on with the run of a task until it ends. */
  readonly work: (task: Task) => Promise<Worked>;
  /** What a run under a card may use up. */
  readonly limits: (card: string) => CardLimits;
  readonly tell: (event: RunEvent) => void;
  /** Begins nothing more from then on. */
  readonly signal: AbortSignal;
}

export interface Schedule {
  /** Nothing more will be assigned: resolves when all that can be worked on has ended. */
  finish(): Promise<void>;
  /** Begins no task more, and resolves when those that run have ended. */
  drain(): Promise<void>;
}

/**
 * Works on a goal's tasks as they are assigned, those that nothing keeps apart side by side. What was running when this
 * process's predecessor was killed goes on first. Where the emergency stop is pulled nothing more begins.
 */
export function schedule(options: Scheduling): Schedule {
  const { goal, keeper, parallel, limits, tell, signal } = options;
  const running = new Map<string, Promise<void>>();
  const announced = new Set<string>();
  /** Begun once by this process, and left open where their runs were interrupted. */
  const begun = new Set<string>();
  const draining = new AbortController();
  const finishing = new AbortController();

  /** What all of it may cost is told before any of it begins. */
  const announce = (tasks: readonly Task[]): void => {
    const fresh = tasks.filter(({ name, state }) => state === 'queued' && !announced.has(name));
    if (fresh.length === 0) return;
    for (const { name } of fresh) announced.add(name);
    const all = fresh.map(({ card }) => limits(card));
    const sum = (of: keyof CardLimits): number => all.reduce((most, one) => most + one[of], 0);
    const at_most = {
      steps: sum('steps'),
      minutes: sum('minutes'),
      actions: sum('actions'),
      risk: sum('risk'),
    };
    tell({ event: 'assigned', tasks: fresh.map(({ name, card }) => `${name} (${card})`), at_most });
  };

  const begin = (task: Task): void => {
    const started = keeper.start(task.id);
    begun.add(started.runs.at(-1) ?? '');
    told(started, tell);
    // One that met the same conflict at this moment is queued again by now, and waits for nobody who waits for it.
    const others = (): string[] =>
      keeper
        .ofGoal(goal)
        .filter(({ name, state }) => state === 'running' && name !== task.name && running.has(name))
        .map(({ name }) => name);
    const work = workOn(started, others, options).finally(() => running.delete(task.name));
    running.set(task.name, work);
  };

  const round = (): void => {
    for (const { task, because } of hopelessTasks(keeper.ofGoal(goal))) {
      keeper.end(task.id, 'cancelled', null, `${because.name}, which comes before it, is ${because.state}`);
      told(keeper.task(task.id), tell);
    }
    const tasks = keeper.ofGoal(goal);
    announce(tasks);
    const orphans = tasks.filter(
      ({ state, name, runs }) => state === 'running' && !running.has(name) && !begun.has(runs.at(-1) ?? ''),
    );
    for (const task of orphans.slice(0, Math.max(0, parallel - running.size))) begin(task);
    for (const task of readyTasks(tasks, parallel - running.size)) begin(task);
  };

  const rounds = async (): Promise<void> => {
    while (!signal.aborted && !draining.signal.aborted) {
      try {
        round();
      } catch (error) {
        const { code, message } = asHomeostatError(error);
        tell({ event: 'note', note: `no task begins: ${message}` });
        if (code !== 'emergency_stopped') throw error;
        break;
      }
      if (finishing.signal.aborted && running.size === 0 && hopelessTasks(keeper.ofGoal(goal)).length === 0)
        break;
      await Promise.race([sleep(POLL_MS), ...running.values()]);
    }
  };
  const loop = async (): Promise<void> => {
    try {
      await rounds();
    } finally {
      await Promise.allSettled(running.values());
    }
  };
  const looping = loop();
  // It is waited for at the end; until then nobody hears that it failed.
  looping.catch(() => undefined);
  return {
    async finish() {
      finishing.abort();
      await looping;
    },
    async drain() {
      draining.abort();
      await looping;
    },
  };
}

/** One task until its run is over, and what follows from how it ended. */
async function workOn(task: Task, others: () => string[], options: Scheduling): Promise<void> {
  const { keeper, work, tell, signal } = options;
  let worked = await work(task);
  for (let tried = 1; tried < TRIES && 'died' in worked && !signal.aborted; tried++)
    worked = await work(task);
  const { state, why } =
    'died' in worked ? { state: 'failed' as const, why: worked.died } : verdictOf(worked.report);
  // Whoever was interrupted may have lost its model or its server first; it goes on another time.
  if (state === 'open' || (signal.aborted && state !== 'done')) return;
  const result = 'died' in worked ? null : resultOf(worked.report);
  if (state !== 'conflict') keeper.end(task.id, state, result, why);
  else if (task.runs.length === 1 && result !== null) keeper.putBehind(task.id, others(), result, why ?? '');
  else keeper.end(task.id, 'escalated', result, `it met the same conflict twice: ${why ?? ''}`);
  told(keeper.task(task.id), tell);
}

const told = ({ id, name, card, state, why, runs }: Task, tell: (event: RunEvent) => void): void =>
  tell({ event: 'task', id, name, card, state, why, run: runs.at(-1) ?? null });
