import type { ErrorBody } from '../core/errors.ts';
import { fenced, page, reportText } from './fence.ts';
import type { WireReport } from './hands.ts';
import type { Answered } from './journal.ts';
import type { Deadline } from './limits.ts';
import type { Model, ToolCall, Turn } from './model.ts';
import { READ_MORE } from './prompt.ts';
import { lostDeed } from './record.ts';
import type { Run } from './run.ts';
import { RunEnds } from './stops.ts';

type Answer = Omit<Answered, 'kind' | 'call'> & { readonly error: string | null };

const WAIT = 'wait_for_approval';
/** So long the server waits in one call. */
const LONGEST_WAIT_S = 45;

/** Of the context, in characters; a token is about three. */
const pageSize = (model: Model): number => Math.min(8000, Math.max(600, Math.floor((model.context / 8) * 3)));

/** In a dry run whoever works on a task makes a dry run of it. */
const COORDINATES = new Set(['assign_tasks', 'send_message']);

/** Carries out one call of the model, at most once however often the run is cut short, and gives what the model reads. */
export async function carryOut(
  run: Run,
  call: ToolCall,
  deadline: Deadline,
): Promise<{ turn: Turn; error: string | null }> {
  const { journal, tell } = run;
  const known = journal.lines.find((line) => line.kind === 'answered' && line.call === call.id) as
    Answered | undefined;
  if (known !== undefined) return { turn: turnOf(run, call, { ...known, error: null }), error: null };
  tell({ event: 'call', call: call.id, tool: call.tool, input: call.input });
  const answer = call.tool === READ_MORE.name ? more(run, call) : await asked(run, call, deadline);
  const { error, ...kept } = answer;
  journal.add({ kind: 'answered', call: call.id, ...kept });
  const { outcome, action_id, level } = answer;
  tell({ event: 'answer', call: call.id, tool: call.tool, outcome, action_id, level, error });
  return { turn: turnOf(run, call, answer), error };
}

/** Only what homeostat itself chose stands outside the fence. */
function turnOf(run: Run, call: ToolCall, { outcome, action_id, level, text, error }: Answer): Turn {
  const head = [
    `outcome: ${outcome}`,
    ...(error === null ? [] : [`error: ${error}`]),
    ...(action_id === null ? [] : [`action_id: ${action_id}`]),
    ...(level === null ? [] : [`risk: ${level}`]),
  ].join(', ');
  const shown = call.tool === READ_MORE.name ? text : page(text, call.id, 0, pageSize(run.model));
  const body = shown === '' ? '' : `\n${fenced(shown, run.journal.begin.mark)}`;
  return { role: 'tool', call: call.id, tool: call.tool, text: `${head}${body}` };
}

/** A later part of a result of this run. */
function more(run: Run, { input }: ToolCall): Answer {
  const whole = run.journal.lines.find((line) => line.kind === 'answered' && line.call === input?.['id']);
  const start = input?.['start'];
  const blank = { action_id: null, level: null, score: null };
  if (whole?.kind !== 'answered' || typeof start !== 'number' || !Number.isSafeInteger(start) || start < 0)
    return { ...blank, outcome: 'denied', error: 'invalid_input', text: 'there is no such result' };
  const text = page(whole.text, whole.call, start, pageSize(run.model));
  return { ...blank, outcome: 'succeeded', error: null, text };
}

async function asked(run: Run, call: ToolCall, deadline: Deadline): Promise<Answer> {
  if (call.input === null)
    return refused(
      'invalid_input',
      'The arguments were no JSON object of what JSON can say. Nothing was called.',
    );
  const tool = run.hands.tools.find(({ name }) => name === call.tool);
  const input = { ...call.input };
  if (run.journal.begin.dry_run) {
    if (tool?.takesDryRun === true) input['dry_run'] = true;
    else if (tool?.readsOnly === false && !COORDINATES.has(call.tool))
      return refused('autonomy_denied', 'This is a dry run: nothing is carried out.');
  }
  const begun = run.journal.lines.some((line) => line.kind === 'calling' && line.call === call.id);
  if (begun && tool?.readsOnly !== true) {
    const found = await lost(run, call);
    if (found !== null) return found;
  }
  if (!begun)
    run.journal.add({
      kind: 'calling',
      call: call.id,
      tool: call.tool,
      input,
      time: new Date().toISOString(),
    });
  if (call.tool === WAIT) return answerOf(await waited(run, input, deadline));
  const report = unwrapped(await wire(run, call.tool, input));
  return answerOf(report['outcome'] === 'held' ? await decided(run, report, deadline) : report);
}

const refused = (error: string, text: string): Answer => ({
  outcome: 'denied',
  action_id: null,
  level: null,
  score: null,
  text,
  error,
});

async function wire(run: Run, tool: string, input: Readonly<Record<string, unknown>>): Promise<WireReport> {
  try {
    return await run.hands.call(tool, input, run.signal);
  } catch (error) {
    if (run.signal.aborted) throw new RunEnds('interrupted', 'interrupted while a tool was at work');
    throw new RunEnds('server_failed', error instanceof Error ? error.message : String(error));
  }
}

/** The action's own report, where it was waited for. */
function unwrapped(report: WireReport): WireReport {
  const result = report['result'] as { report?: WireReport } | null | undefined;
  return result?.report !== undefined && 'action_id' in result.report ? result.report : report;
}

function answerOf(report: WireReport): Answer {
  const risk = report['risk'] as { level?: string; score?: number } | null | undefined;
  const error = report['error'] as ErrorBody | null | undefined;
  return {
    outcome: String(report['outcome']),
    action_id: typeof report['action_id'] === 'string' ? report['action_id'] : null,
    level: risk?.level ?? null,
    // What only showed, or was not carried out, costs nothing of the risk budget.
    score: report['outcome'] === 'succeeded' && report['dry_run'] === false ? (risk?.score ?? null) : null,
    text: reportText(report),
    error: error?.code ?? null,
  };
}

/**
 * Waits until somebody has decided, in this terminal or another, as long as the run may last: that it is still held
 * costs the model no step. One that only wants to look says so with no seconds.
 */
async function waited(
  run: Run,
  input: Readonly<Record<string, unknown>>,
  deadline: Deadline,
): Promise<WireReport> {
  for (let tried = 0; ; tried++) {
    const longest = Math.min(LONGEST_WAIT_S, deadline.left());
    // The model's own word counts once: a fraction of a second, again and again, would be a flood.
    const wait_seconds = tried > 0 ? longest : (input['wait_seconds'] ?? longest);
    const report = unwrapped(await wire(run, WAIT, { ...input, wait_seconds }));
    const over = wait_seconds === 0 || deadline.left() === 0;
    if (report['outcome'] !== 'held' || report['error'] === null || over) return report;
    if (tried > 0) continue;
    const id = String(report['action_id']);
    run.tell({ event: 'note', note: `waiting for a person: homeostat approve ${id}, or deny` });
  }
}

/** Asks the person at the terminal; what they approve is carried out as it was shown. */
async function decided(run: Run, report: WireReport, deadline: Deadline): Promise<WireReport> {
  const id = report['action_id'];
  if (run.person === null || typeof id !== 'string') return report;
  const said = await run.person(id, AbortSignal.any([run.signal, deadline.signal]));
  run.tell({ event: 'held', action_id: id, said });
  if (said === 'interrupted') throw new RunEnds('interrupted', 'interrupted at the question');
  const waits = run.hands.tools.some(({ name }) => name === WAIT);
  if (said === 'left' || !waits) return report;
  return unwrapped(await wire(run, WAIT, { action_id: id, wait_seconds: 0 }));
}

/** What the record has of a call that was sent and whose answer never came: it is not sent again. */
async function lost(run: Run, call: ToolCall): Promise<Answer | null> {
  const { lines } = run.journal;
  const answers = lines.filter((line): line is Answered => line.kind === 'answered');
  const ofTool = new Set(
    lines.flatMap((line) => (line.kind === 'calling' && line.tool === call.tool ? [line.call] : [])),
  );
  const known = {
    ids: new Set(answers.flatMap(({ action_id }) => action_id ?? [])),
    refused: answers.filter((line) => line.action_id === null && ofTool.has(line.call)).length,
  };
  const deed = await lostDeed(run.agent, call.tool, known, run.ask);
  if (deed === null) return null;
  run.tell({
    event: 'note',
    note: `${call.tool} had been asked for already: ${deed.outcome}, action ${deed.action_id}`,
  });
  return {
    outcome: deed.outcome,
    action_id: deed.action_id,
    level: deed.level,
    score: null,
    error: deed.error,
    text: `The answer was lost when the run was cut short; this is what the record has of it. ${deed.detail ?? ''}`.trim(),
  };
}
