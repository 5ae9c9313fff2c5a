import { rank } from '../../../core/risk.ts';
import { Report } from './report.ts';
import type { Held } from './scope.ts';
import { ShellState } from './state.ts';
import { type Value, known } from './value.ts';
import type { Frame, Walk } from './walk.ts';

/** Variables that the line has set and that decide what a program runs or reads. */
export function applyVariables(program: string, name: Value, { state }: Frame, walk: Walk, source: string): void {
  for (const [variable, { may }] of state.variables) {
    for (const rule of walk.ctx.catalogue.variables) {
      if (!rule.name.test(variable)) continue;
      if (rule.programs !== null && !rule.programs.includes(program)) continue;
      if (variable === 'PATH' && name.text.includes('/')) continue;
      if (may.every(isEmpty) && variable !== 'PATH') continue;
      const level = rule.runs ? levelOfValue(may, state, walk) : rule.level;
      if (level !== null) walk.report.factor('telling-variable', level, `${variable}: ${rule.reason}`, source);
    }
  }
}

const isEmpty = (held: Held | undefined): boolean => held === undefined || ('text' in held && held.text === '');

/** What a variable whose value is run would do: judged apart, since it is only run where it is needed. */
function levelOfValue(may: readonly (Held | undefined)[], state: ShellState, walk: Walk): 'MEDIUM' | 'HIGH' | null {
  const report = new Report();
  const apart: Walk = { ...walk, report, steps: walk.steps };
  const child = new ShellState(state.folders);
  for (const held of may) {
    const value = held !== undefined && 'text' in held ? held : known('');
    walk.run.text(value.text, child.copy(), null, apart);
  }
  if (rank(report.worst) <= rank('LOW')) return null;
  return rank(report.worst) >= rank('HIGH') ? 'HIGH' : 'MEDIUM';
}
