import { visibleLine } from '../core/visible.ts';
import { Margin } from './margin.ts';
import { type GlobalOptions, withSession } from './session.ts';
import { jsonLine, paint, print } from './terminal.ts';

/** `homeostat agent tasks RUN`: what a run has handed out, how each task stands, and what its agents wrote. */
export async function listTasks(run: string, options: GlobalOptions): Promise<void> {
  await withSession(options, async ({ app }) => {
    const keeper = await app.tasks();
    const [tasks, messages] = [keeper.ofGoal(run), keeper.messages(run)];
    if (options.json === true) return print(jsonLine({ tasks, messages }));
    const margin = new Margin(process.stdout);
    const tell = (before: string, words = ''): void => void process.stdout.write(margin.line(before, words));
    if (tasks.length === 0) print(`run ${visibleLine(run)} has handed out no tasks`);
    for (const { name, card, state, why, id, runs, after, resources, goal } of tasks) {
      tell(`${paint('bold', name)} ${state} (${card}) `, visibleLine(why ?? ''));
      tell('  ', visibleLine(goal));
      print(`  task ${id}, runs ${runs.join(', ') || 'none'}`);
      if (after.length > 0) print(`  after ${after.join(', ')}`);
      if (resources.length > 0) tell('  on ', visibleLine(resources.join(', ')));
    }
    if (messages.length > 0) print(paint('bold', '\nMessages (nothing of them is checked):'));
    for (const { time, from, to, kind, text } of messages) tell(`${time} ${from} → ${to} (${kind}): `, text);
  });
}
