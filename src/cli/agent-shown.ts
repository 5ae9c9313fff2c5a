import { visibleLine } from '../core/visible.ts';
import type { Deed } from '../runner/record.ts';
import type { DeedLists, RunReport } from '../runner/report.ts';
import type { TaskReport } from '../runner/goal-report.ts';
import type { RunEvent } from '../runner/run.ts';
import { Margin } from './margin.ts';
import { jsonLine, paint, print } from './terminal.ts';

const LONGEST = 300;
const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
const brief = (value: unknown): string => cut(visibleLine(JSON.stringify(value) ?? ''));

/** All of it the model's words: what it calls need not be the name of a tool. */
const callWords = ({ tool, input }: Extract<RunEvent, { event: 'call' }>): string =>
  `${cut(visibleLine(tool))} ${brief(input)}`;

/** Shows what happens in a run as it happens: what the model says on standard output, all else beside it. */
export function showEvent(json: boolean): (event: RunEvent) => void {
  if (json) return (event) => print(jsonLine(event));
  const said = new Margin(process.stdout);
  const beside = new Margin(process.stderr);
  const line = (before: string, words = ''): void => {
    process.stdout.write(said.end());
    process.stderr.write(beside.line(before, words));
  };
  return (event) => {
    if (event.event === 'text') process.stdout.write(said.words(event.text));
    else if (event.event === 'started')
      line(`run ${event.run}: ${event.card} with `, visibleLine(event.model));
    else if (event.event === 'call') line(paint('cyan', '→ ', process.stderr), callWords(event));
    else if (event.event === 'answer') line(answerLine(event));
    else if (event.event === 'held') line(`  ${event.action_id}: ${event.said}`);
    else if (event.event === 'assigned') {
      line(paint('bold', 'tasks: ', process.stderr), event.tasks.join(', '));
      line(atMostLine(event));
    } else if (event.event === 'task') line(taskLine(event), visibleLine(event.why ?? ''));
    else if (event.event === 'note') line('  ', visibleLine(event.note));
  };
}

/** The same of a run that works on a task, beside those of others: whole lines, each with the task's name. */
export function showTaskEvent(json: boolean, task: string): (event: RunEvent) => void {
  if (json) return (event) => print(jsonLine({ ...event, task }));
  const name = paint('magenta', `[${task}]`, process.stderr);
  const beside = new Margin(process.stderr);
  const tell = (before: string, words = ''): void =>
    void process.stderr.write(beside.line(`${name} ${before}`, words));
  let said = '';
  return (event) => {
    if (event.event === 'text') said += event.text;
    const whole = event.event === 'text' ? said.lastIndexOf('\n') + 1 : said.length;
    for (const line of said.slice(0, whole).split('\n')) if (line.trim() !== '') tell('│ ', line);
    said = said.slice(whole);
    if (event.event === 'call') tell('→ ', callWords(event));
    else if (event.event === 'answer') tell(answerLine(event));
    else if (event.event === 'note') tell('', visibleLine(event.note));
  };
}

function atMostLine({ at_most }: Extract<RunEvent, { event: 'assigned' }>): string {
  const { steps, minutes, actions, risk } = at_most;
  return `  at most, by their cards: ${steps} steps, ${minutes} minutes, ${actions} actions, a risk of ${risk}`;
}

function taskLine({ name, card, state, run }: Extract<RunEvent, { event: 'task' }>): string {
  const of = run === null ? card : `${card}, run ${run}`;
  return `${paint('magenta', `[${name}]`, process.stderr)} ${state} (${of}) `;
}

function answerLine({ outcome, error, level, action_id }: Extract<RunEvent, { event: 'answer' }>): string {
  const parts = [outcome, error, level, action_id === null ? null : `action ${action_id}`];
  return paint('dim', `← ${parts.filter((part) => part !== null).join(' · ')}`, process.stderr);
}

/** The report at the end. What the model said comes last, and as what it is. */
export function showReport(report: RunReport, tasks: readonly TaskReport[], json: boolean): void {
  if (json) return print(jsonLine({ event: 'report', ...report, ...(tasks.length === 0 ? {} : { tasks }) }));
  const { stop, what, run, steps, tokens, said } = report;
  const margin = new Margin(process.stdout);
  print(margin.line(`\nrun ${run} ended: ${stop}; ${steps} steps, ${tokens} tokens: `, visibleLine(what)));
  showDeeds(report, margin);
  for (const task of tasks) {
    const { name, card, state, why, runs, audit } = task;
    const head = `\nTask ${name}: ${state}; ${card}, runs ${runs.join(', ') || 'none'}, audit ${audit.join(' ')}`;
    print(margin.line(head, why === null ? '' : `: ${visibleLine(why)}`));
    showDeeds(task, margin);
    print('It says (nothing of it is checked):');
    print(margin.words(wordsOr(task.said)));
    margin.end();
  }
  print(`${tasks.length > 0 ? '\n' : ''}${paint('bold', 'The model says')} (nothing of it is checked):`);
  print(margin.words(wordsOr(said)));
}

const wordsOr = (said: string | null): string => (said === null || said.trim() === '' ? '(nothing)' : said);

function showDeeds({ done, undone, left, refused, shown }: DeedLists, margin: Margin): void {
  const list = (title: string, deeds: readonly Deed[], more: (deed: Deed) => string = () => ''): void => {
    print(`${paint('bold', title)}: ${deeds.length === 0 ? 'nothing' : ''}`);
    for (const deed of deeds) {
      const { action_id, tool, outcome, level, resources, error, audit } = deed;
      const why = error === null ? '' : ` (${error})`;
      const begin = `  ${tool} ${outcome}${why}: action ${action_id}, ${level ?? 'no level'}`;
      const on = resources.length === 0 ? '' : `, on ${brief(resources.join(', '))}`;
      print(margin.line(`${begin}, audit ${audit.join(' ')}${more(deed)}`, on));
    }
  };
  list('Done', done, ({ snapshot_id }) =>
    snapshot_id === null ? '' : `, undo: homeostat undo ${snapshot_id}`,
  );
  list('Undone', undone);
  list('Left', left, ({ outcome, action_id }) =>
    outcome === 'held' ? `, decide: homeostat approve ${action_id}` : '',
  );
  list('Not done', refused);
  list('Only shown', shown);
}
