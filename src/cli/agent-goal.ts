import type { CardLimits } from '../core/card.ts';
import type { Task, TaskKeeper } from '../core/tasks.ts';
import { runChild } from '../runner/child.ts';
import type { Begin } from '../runner/journal.ts';
import type { RunEvent, Said } from '../runner/run.ts';
import { type Schedule, schedule } from '../runner/schedule.ts';
import type { RunOptions } from './agent-options.ts';
import { showTaskEvent } from './agent-shown.ts';
import type { Session } from './session.ts';

export type Person = (actionId: string, ends: AbortSignal) => Promise<Said>;

/** Asks about one held action after the other, and keeps what happens meanwhile from the screen. */
export function inTurn(
  ask: Person | null,
  show: (event: RunEvent) => void,
): { person: Person | null; quietly: (show: () => void) => void; tell: (event: RunEvent) => void } {
  let last: Promise<unknown> = Promise.resolve();
  let asking = 0;
  const kept: (() => void)[] = [];
  const quietly = (showIt: () => void): void => (asking > 0 ? void kept.push(showIt) : showIt());
  const person: Person = async (id, ends) => {
    asking++;
    const said = last.then(async () => (ends.aborted ? 'left' : (ask?.(id, ends) ?? 'left')));
    last = said.catch(() => undefined);
    try {
      return await said;
    } finally {
      if (--asking === 0) for (const showIt of kept.splice(0)) showIt();
    }
  };
  return {
    person: ask === null ? null : person,
    quietly,
    tell: (event) => quietly(() => show(event)),
  };
}

export interface GoalOptions {
  readonly bin: string;
  readonly begin: Begin;
  readonly keeper: TaskKeeper;
  readonly options: RunOptions;
  readonly env: Readonly<Record<string, string>>;
  readonly turns: ReturnType<typeof inTurn>;
  readonly signal: AbortSignal;
  /** Ends the goal, as who presses Ctrl-C at a question of one of its tasks means. */
  readonly interrupt: () => void;
}

/** Works on what an orchestrator assigns, each task as a run in a process of its own. */
export async function openGoal(goal: GoalOptions, { app }: Session): Promise<Schedule> {
  const { bin, begin, keeper, options, env, turns, signal, interrupt } = goal;
  const limits = new Map<string, CardLimits>();
  for (const [name, card] of app.cards()) limits.set(name, (await app.bounds(name))?.limits ?? card.limits);
  const ofTask: Person | null =
    turns.person &&
    (async (id, ends) => {
      const said = await turns.person?.(id, ends);
      if (said === 'interrupted') interrupt();
      return said ?? 'left';
    });
  return schedule({
    goal: begin.id,
    keeper,
    parallel: options.parallel,
    limits: (card) => limits.get(card) ?? { steps: 0, minutes: 0, actions: 0, risk: 0 },
    tell: turns.tell,
    signal,
    async work(task) {
      const show = showTaskEvent(options.json === true, task.name);
      const tell = (event: RunEvent): void => turns.quietly(() => show(event));
      const args = childArgs(task, goal);
      return runChild({ bin, args, cwd: begin.cwd, env, tell, person: ofTask, signal });
    },
  });
}

function childArgs({ id, card }: Task, { begin, options, turns }: GoalOptions): string[] {
  const { config, root = [], endpoint, apiKeyEnv, context, temperature, maxTokens, modelOf = {} } = options;
  const { toolsets, readOnly } = options;
  const model = modelOf[card] ?? options.model;
  const given = (name: string, value: string | number | undefined): string[] =>
    value === undefined ? [] : [name, String(value)];
  return [
    ...given('--config', config),
    ...root.flatMap((folder) => ['--root', folder]),
    ...given('--toolsets', toolsets?.join(',')),
    ...(readOnly === true ? ['--read-only'] : []),
    'agent',
    'run',
    '--json',
    ...given('--task', id),
    ...given('--model', model),
    ...given('--endpoint', endpoint),
    ...given('--api-key-env', apiKeyEnv),
    ...given('--context', context),
    ...given('--temperature', temperature),
    ...given('--max-tokens', maxTokens),
    ...(begin.dry_run ? ['--dry-run'] : []),
    ...(turns.person === null ? ['--autonomous'] : ['--asks']),
  ];
}
