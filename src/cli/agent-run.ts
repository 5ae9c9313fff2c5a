import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { join } from 'node:path';
import { PACKAGE_ROOT, VERSION } from '../app.ts';
import type { Card } from '../core/card.ts';
import { HomeostatError } from '../core/errors.ts';
import { runClient } from '../core/principal.ts';
import type { Task, TaskKeeper } from '../core/tasks.ts';
import { openEndpoint } from '../runner/endpoint.ts';
import { newMark } from '../runner/fence.ts';
import { openHands, type ServerCommand } from '../runner/hands.ts';
import { type TaskReport, taskReports } from '../runner/goal-report.ts';
import { type Begin, beginJournal, goOnOrBegin, type Journal, resumeJournal } from '../runner/journal.ts';
import { limitsOf, samplingOf } from '../runner/limits.ts';
import { openLlama } from '../runner/llama.ts';
import { work } from '../runner/loop.ts';
import { type Model, ModelFailure } from '../runner/model.ts';
import { type Parent, openParent } from '../runner/parent.ts';
import { checkRoom, firstTurns, toolsOf } from '../runner/prompt.ts';
import { type RunReport, reportOf } from '../runner/report.ts';
import { agentOf, cardDigest, type Run } from '../runner/run.ts';
import { collectRuns } from '../runner/runs.ts';
import { taskGoal } from '../runner/task-goal.ts';
import { type Person, inTurn, openGoal } from './agent-goal.ts';
import { type RunOptions, withRunOptions } from './agent-options.ts';
import { askPerson } from './agent-person.ts';
import { showEvent, showReport } from './agent-shown.ts';
import { EXIT } from './exit-codes.ts';
import { findModel } from './model.ts';
import { type Session, withSession } from './session.ts';
import { atTerminal } from './terminal.ts';

/** Adds `run` to the command `agent`. */
export function addAgentRun(agent: Command): void {
  withRunOptions(agent.command('run').description('let a model work through a card')).action(
    async (card: string | undefined, goal: string | undefined, _: unknown, c: Command) =>
      agentRun(card, goal, c.optsWithGlobals()),
  );
}

const SILENCE_MS = 300_000;
const ENDPOINT_CONTEXT = 8192;
/** Of a file, where neither the person nor the card says. */
const MOST_CONTEXT = 32_768;
const BIN = join(PACKAGE_ROOT, 'dist', 'main.js');

async function agentRun(
  name: string | undefined,
  goal: string | undefined,
  options: RunOptions,
): Promise<void> {
  // The card is the run's own, never the person's.
  const { agent: _, ...own } = options;
  await withSession(own, async (session) => {
    const env = withoutKey(process.env, options.apiKeyEnv);
    const keeper = await session.app.tasks();
    const task = taskOf(options, keeper);
    for (const other of Object.keys(options.modelOf ?? {})) cardOf(session.app.cards(), other);
    const parent = options.task === undefined ? null : openParent();
    const journal = journalOf(session, keeper, task, name, goal, options);
    const over = new AbortController();
    const closing: (() => Promise<void>)[] = [async () => journal.close(), async () => over.abort()];
    try {
      const { begin } = journal;
      const card = cardOf(session.app.cards(), begin.card);
      const bounds = await boundsOf(card, session);
      const model = await modelOf(options, card, env);
      closing.push(model.close);
      const server = serverOf(begin, task, options, env);
      const hands = await openHands(server, runClient(begin.id), VERSION);
      closing.push(hands.close);
      const { principal, signal } = session.connection();
      const turns = inTurn(personOf(options, parent, session), showEvent(options.json === true));
      const run: Run = {
        id: begin.id,
        agent: agentOf(begin.id, begin.card, principal.user),
        card,
        journal,
        model,
        hands,
        limits: limitsOf(bounds, { steps: options.maxSteps }),
        sampling: samplingOf(card, options),
        person: turns.person,
        ask: session.call,
        news: (after) => keeper.inbox(begin.id, after),
        tell: turns.tell,
        signal: AbortSignal.any([signal, over.signal, ...(parent === null ? [] : [parent.signal])]),
      };
      await startTurns(run, task, keeper, session);
      run.tell({ event: 'started', run: run.id, card: card.name, model: model.name, goal: begin.goal });
      const handsOut = task === null && hands.tools.some((tool) => tool.name === 'assign_tasks');
      const opened = {
        bin: BIN,
        begin,
        keeper,
        options,
        env: allOf(process.env),
        turns,
        signal: run.signal,
        interrupt: () => over.abort(),
      };
      const tasks = handsOut ? await openGoal(opened, session) : null;
      closing.push(async () => (over.abort(), tasks?.drain()));
      const ended = await work(run);
      await (ended.stop === 'final_answer' ? tasks?.finish() : tasks?.drain());
      // What is still under way ends, and is recorded, before the record is asked.
      await hands.close();
      const report = await reportOf(run, ended);
      const reports = await taskReports(keeper.ofGoal(run.id), principal.user, session.call);
      showReport(report, reports, options.json === true);
      process.exitCode = exitOfRun(report, reports);
    } catch (error) {
      if (!(error instanceof ModelFailure)) throw error;
      throw new HomeostatError('command_failed', `the model cannot be used: ${error.message}`, {
        next:
          error.next ??
          'Nothing was asked of the machine. `homeostat model info FILE` looks at a model file.',
        cause: error,
      });
    } finally {
      for (const close of closing.toReversed()) await close();
      // Its parent may hold its standard input open for longer.
      if (parent !== null) process.stdin.destroy();
    }
  });
}

/** A run that somebody goes on with by hand is a task's all the same, and bound as such. */
function taskOf({ task, resume }: RunOptions, keeper: TaskKeeper): Task | null {
  if (task !== undefined) return keeper.task(task);
  return resume === undefined ? null : keeper.taskOf(resume);
}

function personOf(options: RunOptions, parent: Parent | null, session: Session): Person | null {
  if (parent !== null) return options.asks === true ? parent.person : null;
  return options.autonomous !== true && atTerminal() ? askPerson(session) : null;
}

/** Well only where the model has answered and every task is done. */
function exitOfRun(report: RunReport, tasks: readonly TaskReport[]): number {
  const held = [report, ...tasks].some(({ left }) => left.some(({ outcome }) => outcome === 'held'));
  const bad = tasks.some(({ state }) => state !== 'done' && state !== 'escalated');
  if (report.stop !== 'final_answer' || bad) return EXIT.failed;
  if (held) return EXIT.pending;
  return tasks.some(({ state }) => state === 'escalated') ? EXIT.failed : EXIT.done;
}

async function startTurns(run: Run, task: Task | null, keeper: TaskKeeper, { app }: Session): Promise<void> {
  const { card, journal, model, hands } = run;
  const { goal, mark, dry_run } = journal.begin;
  const told = task === null ? goal : taskGoal(task, keeper.ofGoal(task.parent), mark);
  const turns = firstTurns(card, app.prompts, told, mark, dry_run);
  await checkRoom(model, turns, toolsOf(hands.tools));
  if (journal.lines.some(({ kind }) => kind === 'turn')) return;
  for (const turn of turns) journal.add({ kind: 'turn', turn });
}

function journalOf(
  { app }: Session,
  keeper: TaskKeeper,
  task: Task | null,
  card: string | undefined,
  goal: string | undefined,
  { resume, dryRun }: RunOptions,
): Journal {
  const folder = join(app.home.folder, 'runs');
  if (resume !== undefined) {
    if (card !== undefined)
      throw new HomeostatError('invalid_input', `the run ${resume} has its card and its goal already`, {
        next: 'Give --resume alone, or begin a new run without it.',
      });
    return resumed(app.cards(), resumeJournal(folder, resume), dryRun === true);
  }
  const digestOf = (name: string): string => cardDigest(cardOf(app.cards(), name));
  const begun = { kind: 'run' as const, mark: newMark(), time: new Date().toISOString(), cwd: process.cwd() };
  const rest = { ...begun, dry_run: dryRun === true };
  if (task !== null) {
    const id = task.state === 'running' ? task.runs.at(-1) : undefined;
    if (id === undefined) throw new HomeostatError('task_refused', `the task ${task.name} is ${task.state}`);
    const own = { ...rest, id, card: task.card, card_digest: digestOf(task.card), goal: task.goal };
    return resumed(app.cards(), goOnOrBegin(folder, own));
  }
  if (card === undefined || goal === undefined || goal.trim() === '')
    throw new HomeostatError('invalid_input', 'a card and a goal are needed', {
      next: 'homeostat agent run CARD "GOAL" --model FILE.gguf',
    });
  const own = { ...rest, id: randomBytes(5).toString('hex'), card, card_digest: digestOf(card), goal };
  collectRuns(folder, keeper);
  return beginJournal(folder, own);
}

function resumed(cards: ReadonlyMap<string, Card>, journal: Journal, dryRun = false): Journal {
  const { id, card, card_digest, dry_run } = journal.begin;
  const isSame = cards.has(card) && cardDigest(cardOf(cards, card)) === card_digest;
  if (isSame && (dry_run || !dryRun)) return journal;
  journal.close();
  if (isSame)
    throw new HomeostatError('invalid_input', `the run ${id} is no dry run, and does not become one`, {
      next: 'Go on with it without --dry-run, or begin a new run.',
    });
  throw new HomeostatError('invalid_input', `the card ${card} is not what it was when the run began`, {
    next: 'Begin a new run; homeostat audit shows what this one did.',
  });
}

function cardOf(cards: ReadonlyMap<string, Card>, name: string): Card {
  const card = cards.get(name);
  if (card !== undefined) return card;
  throw new HomeostatError(
    'not_found',
    `there is no card ${name}; there are ${[...cards.keys()].join(', ')}`,
  );
}

/** What the configuration leaves of a card. */
async function boundsOf({ name }: Card, { app }: Session): Promise<Pick<Card, 'limits'>> {
  const bounds = await app.bounds(name);
  if (bounds !== null && bounds.tools.length > 0) return bounds;
  throw new HomeostatError(
    'tool_not_on_card',
    `nothing is left of the card ${name}: no person has trusted it, or the configuration takes away all its tools`,
    {
      next: '`homeostat agent show` tells what it lets an agent do; `homeostat trust` trusts one of your own.',
    },
  );
}

async function modelOf(
  { model, endpoint, apiKeyEnv, context }: RunOptions,
  { model: hints }: Card,
  env: NodeJS.ProcessEnv,
): Promise<Model> {
  if (endpoint !== undefined) {
    const key = apiKeyEnv === undefined ? null : process.env[apiKeyEnv];
    if (key === undefined) throw new HomeostatError('invalid_input', `the environment has no ${apiKeyEnv}`);
    return openEndpoint({
      url: endpoint,
      model: model ?? 'default',
      context: context ?? hints.context ?? ENDPOINT_CONTEXT,
      key,
      silenceMs: SILENCE_MS,
    });
  }
  if (model === undefined)
    throw new HomeostatError('invalid_input', 'a model is needed', {
      next: 'Name a GGUF file with --model, or an endpoint with --endpoint.',
    });
  return openLlama({
    bin: BIN,
    file: findModel(model, process.env),
    context: context ?? { max: hints.context ?? MOST_CONTEXT },
    env,
  });
}

/** Neither the server nor the commands that it runs get to see the key. */
const withoutKey = (env: NodeJS.ProcessEnv, name: string | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(allOf(env)).filter(([key]) => key !== name));

const allOf = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );

function serverOf(
  { id, card, cwd }: Begin,
  task: Task | null,
  { config, root, toolsets, readOnly }: RunOptions,
  env: Readonly<Record<string, string>>,
): ServerCommand {
  const args = [BIN, 'serve', '--stdio', '--agent', card, '--run-id', id];
  if (task !== null) args.push('--under', task.assigned_under);
  if (config !== undefined) args.push('--config', config);
  for (const folder of root ?? []) args.push('--root', folder);
  if (toolsets !== undefined) args.push('--toolsets', toolsets.join(','));
  if (readOnly === true) args.push('--read-only');
  return { command: process.execPath, args, cwd, env };
}
