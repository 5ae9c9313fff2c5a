import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inTurn } from '../../src/cli/agent-goal.ts';
import type { Deed } from '../../src/runner/record.ts';
import type { RunReport } from '../../src/runner/report.ts';
import type { RunEvent } from '../../src/runner/run.ts';
import { type Worked, schedule } from '../../src/runner/schedule.ts';
import { clash, readyTasks } from '../../src/runner/task-order.ts';
import type { Task, TaskKeeper } from '../../src/core/tasks.ts';
import type { TestApp } from '../helpers/app.ts';
import { goalApp, taskEvents } from '../helpers/goal.ts';

let place: TestApp;
let keeper: TaskKeeper;
beforeAll(async () => {
  place = await goalApp();
  keeper = await place.app.tasks();
});
afterAll(async () => {
  await place.close();
  rmSync(place.base, { recursive: true, force: true });
});

const LIMITS = { steps: 1, minutes: 1, actions: 1, risk: 1 };
const deed = (error: string): Deed => ({
  action_id: 'one',
  tool: 'write_file',
  outcome: 'denied',
  dry_run: false,
  level: null,
  resources: ['file:/x'],
  error,
  detail: null,
  snapshot_id: null,
  undoes: null,
  audit: [1],
});
const report = ({ runs, card, goal }: Task, more: Partial<RunReport> = {}): RunReport => ({
  run: runs.at(-1) ?? '',
  agent: 'a',
  card,
  goal,
  stop: 'final_answer',
  what: 'w',
  said: 's',
  steps: 1,
  tokens: 1,
  done: [],
  undone: [],
  left: [],
  refused: [],
  shown: [],
  ...more,
});

/** Works a goal of tasks off, each ending as told. */
async function worked(
  goal: string,
  names: string[],
  work: (task: Task) => Worked | Promise<Worked>,
): Promise<Task[]> {
  const tasks = names.map((name) => ({ name, card: 'ops', goal: 'g', resources: [`container:${name}`] }));
  const { error } = await place.ask('assign_tasks', { tasks }, { card: 'orchestrator', run: goal });
  expect(error).toBeNull();
  const { signal } = new AbortController();
  const tell = (): void => undefined;
  const running = schedule({
    goal,
    keeper,
    parallel: 2,
    work: async (task) => work(task),
    limits: () => LIMITS,
    tell,
    signal,
  });
  await running.finish();
  return keeper.ofGoal(goal);
}

test('the same conflict twice is for a person to resolve', async () => {
  const tasks = await worked('twice', ['a'], (task) => ({
    report: report(task, { refused: [deed('resource_busy')] }),
  }));
  expect(tasks).toMatchObject([
    { state: 'escalated', why: 'it met the same conflict twice: resource_busy: write_file on file:/x' },
  ]);
  expect(taskEvents(place, 'twice')).toEqual([
    'assigned a',
    'started a',
    'put_behind a',
    'started a',
    'ended a',
  ]);
});

test('of two that meet a conflict at the same moment one waits for the other, and both are done', async () => {
  let met = 0;
  let both = (): void => undefined;
  const together = new Promise<void>((resolve) => (both = resolve));
  const tasks = await worked('both', ['a', 'b'], async (task) => {
    if (task.runs.length > 1) return { report: report(task) };
    if (++met === 2) both();
    await together;
    return { report: report(task, { refused: [deed('resource_busy')] }) };
  });
  expect(tasks.map(({ state, runs, behind }) => [state, runs.length, behind])).toEqual([
    ['done', 2, ['b']],
    ['done', 2, []],
  ]);
});

test('a conflict does not hide what is held: nothing is begun anew that a person may yet approve', async () => {
  const held = { ...deed('approval_required'), action_id: 'waits', outcome: 'held' };
  const tasks = await worked('holds', ['a'], (task) => ({
    report: report(task, { refused: [deed('resource_busy')], left: [held] }),
  }));
  expect(tasks.map(({ state, why, runs }) => [state, why, runs.length])).toEqual([
    ['escalated', 'a person has to look: waits held', 1],
  ]);
});

test('who came through a conflict by itself is not begun anew', async () => {
  const again = { ...deed('resource_busy'), action_id: 'two', outcome: 'succeeded', error: null, audit: [2] };
  const tasks = await worked('through', ['a'], (task) => ({
    report: report(task, { refused: [deed('resource_busy')], done: [again] }),
  }));
  expect(tasks.map(({ state, runs }) => [state, runs.length])).toEqual([['done', 1]]);
});

test('a run whose process dies goes on once from its journal, and then has failed', async () => {
  let begun = 0;
  const once = await worked('dies-once', ['a'], (task) =>
    begun++ === 0 ? { died: 'SIGKILL' } : { report: report(task) },
  );
  expect(once).toMatchObject([{ state: 'done', runs: [expect.any(String)] }]);
  const always = await worked('dies', ['a'], () => ({ died: 'its process ended (SIGKILL)' }));
  expect(always).toMatchObject([{ state: 'failed', why: 'its process ended (SIGKILL)', result: null }]);
});

test('what was interrupted is left open, and its run goes on another time', async () => {
  let begun = 0;
  const interrupted = (task: Task): Worked => {
    begun++;
    return { report: report(task, { stop: 'interrupted' }) };
  };
  const [open] = await worked('open', ['a'], interrupted);
  expect([begun, open?.state, open?.runs.length]).toEqual([1, 'running', 1]);
  const { signal } = new AbortController();
  const work = async (task: Task): Promise<Worked> => ({ report: report(task) });
  const options = {
    goal: 'open',
    keeper,
    parallel: 2,
    work,
    limits: () => LIMITS,
    tell: () => undefined,
    signal,
  };
  await schedule(options).finish();
  const [done] = keeper.ofGoal('open');
  expect([done?.state, done?.runs]).toEqual(['done', open?.runs]);
});

test('containers and services are told apart by name, a service from its own containers not', () => {
  const on = (...resources: string[]): { resources: string[] } => ({ resources });
  expect(clash(on('service:web'), on('container:shop-web-1'))).toBe(true);
  expect(clash(on('service:web'), on('container:shop-webhook-1'))).toBe(false);
  expect(clash(on('container:web'), on('service:web'))).toBe(true);
  expect(clash(on('/a/b'), on('/a/bc'))).toBe(false);
  expect(clash(on('/a/b'), on('/a/b/c'))).toBe(true);
  expect(clash(on('/a/b'), on('service:a'))).toBe(false);
  expect(clash(on(), on('/a'))).toBe(true);
});

test('no more begin than there are places', () => {
  const task = (name: string, state: Task['state']): Task => ({
    version: 1,
    id: name,
    parent: 'p',
    assigned_under: 'orchestrator',
    name,
    card: 'ops',
    goal: 'g',
    check: null,
    resources: [`/${name}`],
    after: [],
    behind: [],
    state,
    why: null,
    runs: [],
    result: null,
    created: '',
    started: null,
    ended: null,
  });
  const tasks = [task('a', 'running'), task('b', 'queued'), task('c', 'queued'), task('d', 'queued')];
  expect(readyTasks(tasks, 2).map(({ name }) => name)).toEqual(['b', 'c']);
  expect(readyTasks(tasks, 0)).toEqual([]);
});

test('a person is asked about one held action after the other, and sees nothing else meanwhile', async () => {
  const shown: string[] = [];
  const answers: (() => void)[] = [];
  const turns = inTurn(
    async (id) =>
      new Promise((resolve) => {
        shown.push(`asked ${id}`);
        answers.push(() => resolve('approved'));
      }),
    (event: RunEvent) => shown.push(event.event),
  );
  const ask = async (id: string) =>
    turns.person === null ? 'left' : turns.person(id, new AbortController().signal);
  const both = [ask('one'), ask('two')];
  await Promise.resolve();
  turns.tell({ event: 'note', note: 'n' });
  expect(shown).toEqual(['asked one']);
  answers[0]?.();
  await both[0];
  await Promise.resolve();
  expect(shown).toEqual(['asked one', 'asked two']);
  answers[1]?.();
  expect(await Promise.all(both)).toEqual(['approved', 'approved']);
  expect(shown).toEqual(['asked one', 'asked two', 'note']);
});
