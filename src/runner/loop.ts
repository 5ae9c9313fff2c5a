import { carryOut } from './call.ts';
import type { Answered } from './journal.ts';
import { type Deadline, deadlineIn } from './limits.ts';
import { ModelFailure, type ModelTool, type Reply, type ToolCall, type Turn } from './model.ts';
import { toolsOf } from './prompt.ts';
import type { Run } from './run.ts';
import { newsText } from './task-goal.ts';
import { goesRound, RunEnds, type Stop } from './stops.ts';

/** How a run ended: why, and what the model said last. */
export interface Ended {
  readonly stop: Stop;
  /** What there is to say of the stop. */
  readonly what: string;
  /** The model's own words; they prove nothing. */
  readonly said: string;
  readonly steps: number;
  readonly tokens: number;
}

/** So many answers in a row that cannot be used are enough. */
const MOST_FAULTS = 4;
/** In one answer. */
const MOST_CALLS = 8;
const SEEDS = 2 ** 31;
/** Messages before one step; the others come before the next. */
const MOST_NEWS = 5;

interface Progress {
  readonly turns: Turn[];
  /** Answers that could not be used, and why. */
  readonly faulty: Map<Turn, string>;
  steps: number;
  tokens: number;
  faults: number;
}

/** Goes on with a run from where its journal ends, until one of the stops. Throws what is none of them. */
export async function work(run: Run): Promise<Ended> {
  const progress = progressOf(run);
  const deadline = deadlineIn(run.limits.minutes);
  const tools = toolsOf(run.hands.tools);
  const ended = (stop: Stop, what: string): Ended => {
    const last = progress.turns.findLast((turn) => turn.role === 'model' && turn.text.trim() !== '');
    run.journal.add({ kind: 'ended', stop, time: new Date().toISOString() });
    return { stop, what, said: last?.text ?? '', steps: progress.steps, tokens: progress.tokens };
  };
  try {
    for (;;) {
      if (await answerCalls(run, progress, deadline)) return ended('final_answer', 'the model has answered');
      checkLimits(run, progress, deadline);
      await step(run, progress, tools, deadline);
    }
  } catch (error) {
    if (error instanceof RunEnds) return ended(error.stop, error.message);
    if (error instanceof ModelFailure)
      return ended(error.full ? 'context_full' : 'model_failed', error.message);
    throw error;
  }
}

function progressOf({ journal }: Run): Progress {
  const progress: Progress = { turns: [], faulty: new Map(), steps: 0, tokens: 0, faults: 0 };
  for (const line of journal.lines) {
    if (line.kind !== 'turn') continue;
    progress.turns.push(line.turn);
    if (line.fault !== undefined) progress.faulty.set(line.turn, line.fault);
    progress.steps += line.turn.role === 'model' ? 1 : 0;
    progress.tokens += line.tokens ?? 0;
  }
  return progress;
}

function add(
  run: Run,
  progress: Progress,
  turn: Turn,
  more: { tokens?: number; fault?: string; heard?: number } = {},
): void {
  run.journal.add({ kind: 'turn', turn, ...more });
  progress.turns.push(turn);
  if (more.fault !== undefined) progress.faulty.set(turn, more.fault);
}

/** Answers what the model has called and nobody has answered yet; true where it has called nothing and so is done. */
async function answerCalls(run: Run, progress: Progress, deadline: Deadline): Promise<boolean> {
  const { turns } = progress;
  const last = turns.findLast((turn) => turn.role !== 'tool');
  if (last?.role !== 'model') return false;
  const fault = progress.faulty.get(last);
  if (fault !== undefined) {
    add(run, progress, { role: 'user', text: `homeostat: your last answer could not be used: ${fault}` });
    return false;
  }
  if (last.calls.length === 0) return true;
  const answered = new Set(turns.flatMap((turn) => (turn.role === 'tool' ? [turn.call] : [])));
  for (const call of last.calls.filter(({ id }) => !answered.has(id))) {
    if (goesRound(callsBefore(turns, call), call))
      throw new RunEnds('repeated_call', `${call.tool} was called again and again with the same input`);
    checkTime(run, deadline);
    const { turn, error } = await carryOut(run, call, deadline);
    add(run, progress, turn);
    afterCall(progress, turn, error, run.journal.begin.dry_run || call.input?.['dry_run'] === true);
    checkBudgets(run);
  }
  return false;
}

function callsBefore(turns: readonly Turn[], call: ToolCall): ToolCall[] {
  const all = turns.flatMap((turn) => (turn.role === 'model' ? turn.calls : []));
  return all.slice(
    0,
    all.findIndex(({ id }) => id === call.id),
  );
}

const INVALID = new Set(['invalid_input', 'unknown_tool', 'tool_not_on_card']);

function afterCall(progress: Progress, turn: Turn, error: string | null, onlyShown: boolean): void {
  if (error === 'emergency_stopped') throw new RunEnds('emergency_stop', 'the emergency stop is pulled');
  const stops = turn.role === 'tool' && turn.tool === 'emergency_stop' && !onlyShown;
  if (stops && turn.text.startsWith('outcome: succeeded'))
    throw new RunEnds('emergency_stop', 'the agent has pulled the emergency stop');
  if (error === 'approval_expired') throw new RunEnds('approval_expired', 'nobody has decided in time');
  progress.faults = error !== null && INVALID.has(error) ? progress.faults + 1 : 0;
}

async function step(
  run: Run,
  progress: Progress,
  tools: readonly ModelTool[],
  deadline: Deadline,
): Promise<void> {
  const { model, signal, tell, sampling } = run;
  hear(run, progress);
  let reply: Reply;
  try {
    reply = await model.reply(progress.turns, tools, {
      signal: AbortSignal.any([signal, deadline.signal]),
      maxTokens: Math.min(sampling.maxTokens, Math.floor(model.context / 4)),
      temperature: sampling.temperature,
      // A step that is asked again after a crash is answered the same.
      seed: (Number.parseInt(run.id, 36) + progress.turns.length) % SEEDS,
      onText: (text) => text !== '' && tell({ event: 'text', text }),
    });
  } catch (error) {
    if (signal.aborted) throw new RunEnds('interrupted', 'interrupted while the model was at work');
    if (deadline.signal.aborted) throw overtime(run);
    throw error;
  }
  const { text, calls, raw, evaluated, generated, fault } = reply;
  progress.steps++;
  progress.tokens += evaluated + generated;
  const unusable = fault ?? faultOf(reply);
  const more = { tokens: evaluated + generated, ...(unusable === null ? {} : { fault: unusable }) };
  // Calls that nobody carries out would wait for their answers for ever.
  add(run, progress, { role: 'model', text, calls: unusable === null ? calls : [], raw }, more);
  if (unusable === null) return;
  tell({ event: 'note', note: `the model’s answer cannot be used: ${unusable}` });
  progress.faults++;
}

/** What is wrong with an answer that came whole. */
function faultOf({ text, calls }: Reply): string | null {
  if (calls.length > MOST_CALLS) return `it called ${calls.length} tools at once: at most ${MOST_CALLS}`;
  return calls.length === 0 && text.trim() === '' ? 'it was empty' : null;
}

/** Tells the model what was written to it meanwhile, once, however often the run is cut short. */
function hear(run: Run, progress: Progress): void {
  const { journal, news } = run;
  const known = journal.lines.findLast((line) => line.kind === 'turn' && line.heard !== undefined);
  const after = known?.kind === 'turn' ? (known.heard ?? 0) : 0;
  const messages = news?.(after).slice(0, MOST_NEWS) ?? [];
  const heard = messages.at(-1)?.id;
  if (heard !== undefined)
    add(run, progress, { role: 'user', text: newsText(messages, journal.begin.mark) }, { heard });
}

const overtime = (run: Run): RunEnds => new RunEnds('deadline', `${run.limits.minutes} minutes are over`);

function checkTime(run: Run, deadline: Deadline): void {
  if (run.signal.aborted) throw new RunEnds('interrupted', 'interrupted');
  if (deadline.signal.aborted) throw overtime(run);
}

function checkLimits(run: Run, progress: Progress, deadline: Deadline): void {
  const { limits } = run;
  checkTime(run, deadline);
  if (progress.faults >= MOST_FAULTS)
    throw new RunEnds('invalid_output', `${progress.faults} answers of the model in a row could not be used`);
  if (progress.steps >= limits.steps) throw new RunEnds('steps', `${limits.steps} steps were taken`);
  if (progress.tokens >= limits.tokens) throw new RunEnds('tokens', `${progress.tokens} tokens were used`);
  checkBudgets(run);
}

/** What was done so far against what the card allows for a run. */
function checkBudgets({ journal, hands, limits }: Run): void {
  const answered = journal.lines.filter((line): line is Answered => line.kind === 'answered');
  const actions = new Set(hands.tools.filter(({ takesDryRun }) => takesDryRun).map(({ name }) => name));
  const asked = journal.lines.filter((line) => line.kind === 'calling' && actions.has(line.tool)).length;
  if (asked >= limits.actions) throw new RunEnds('actions', `${asked} actions were asked for`);
  const scores = new Map(
    answered.flatMap(({ action_id, score }) => (score === null ? [] : [[action_id, score]])),
  );
  const cost = [...scores.values()].reduce((sum, score) => sum + score, 0);
  if (cost >= limits.risk) throw new RunEnds('risk', `the risk budget of ${limits.risk} is spent: ${cost}`);
}
