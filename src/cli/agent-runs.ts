import { join } from 'node:path';
import { visibleLine } from '../core/visible.ts';
import { runsIn } from '../runner/runs.ts';
import { type GlobalOptions, withSession } from './session.ts';
import { jsonLine, note, print } from './terminal.ts';

const LONGEST = 60;

/** `homeostat agent runs`. */
export async function listRuns(options: GlobalOptions): Promise<void> {
  await withSession(options, async ({ app }) => {
    const runs = runsIn(join(app.home.folder, 'runs'), await app.tasks());
    if (options.json === true) return print(jsonLine(runs));
    if (runs.length === 0) return note('no run: homeostat agent run CARD "GOAL"');
    for (const { id, card, goal, begun, steps, stop, busy, open } of runs) {
      const state = busy ? 'under way' : (stop ?? 'cut short');
      const more = open && !busy ? `, go on: homeostat agent run --resume ${id}` : '';
      const what = visibleLine(goal);
      const brief = what.length > LONGEST ? `${what.slice(0, LONGEST)}…` : what;
      print(`${id}  ${begun}  ${visibleLine(card)}  ${state}, ${steps} steps: ${brief}${more}`);
    }
  });
}
