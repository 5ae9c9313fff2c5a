import { type Level, rank } from '../../../core/risk.ts';
import type { VariableRule } from '../../../registry/catalogue.ts';
import { openFiles } from './files.ts';
import { Report } from './report.ts';
import { runValue } from './run-value.ts';
import type { Held } from './scope.ts';
import { ShellState } from './state.ts';
import { type Value, known } from './value.ts';
import type { Frame, Walk } from './walk.ts';

/** Variables that the line has set and that decide what a program runs or reads. */
export function applyVariables(program: string, name: Value, frame: Frame, walk: Walk, source: string): void {
  for (const [variable, { may }] of frame.state.variables) {
    for (const rule of walk.ctx.catalogue.variables) {
      if (!rule.name.test(variable)) continue;
      if (rule.programs !== null && !rule.programs.includes(program)) continue;
      if (variable === 'PATH' && name.text.includes('/')) continue;
      if (rule.runs === 'options') continue;
      if (may.every(isEmpty) && variable !== 'PATH') continue;
      const level = rule.runs === null ? rule.level : levelOfValue(may, rule, frame, walk);
      if (level !== null)
        walk.report.factor('telling-variable', level, `${variable}: ${rule.reason}`, source);
    }
  }
}

const isEmpty = (held: Held | undefined): boolean =>
  held === undefined || ('text' in held && held.text === '');

/** What a variable whose value is run would do: judged apart, since it is only run where it is needed. */
function levelOfValue(
  may: readonly (Held | undefined)[],
  rule: VariableRule,
  frame: Frame,
  walk: Walk,
): Level | null {
  const report = new Report('');
  const apart: Walk = { ...walk, report };
  for (const held of may) {
    const value = held !== undefined && 'text' in held ? held : known('');
    const line = rule.runs === 'file' ? openFiles(frame, apart, value.text).written(value) : value;
    if (line === null) return rule.level;
    // `LESSOPEN='|command'` reads from a command.
    runValue(
      { ...line, text: line.text.replace(/^[|-]+/, '') },
      { ...frame, state: new ShellState(frame.state.folders), stdin: null },
      apart,
      value.text,
    );
  }
  if (apart.problem !== null) return 'HIGH';
  if (rank(report.worst) <= rank('LOW')) return null;
  return rank(report.worst) >= rank('HIGH') ? report.worst : 'MEDIUM';
}

/** The options that a program takes from variables: one list for each text that they may hold. */
export function optionsFromVariables(program: string, { state }: Frame, walk: Walk): Value[][] {
  for (const rule of walk.ctx.catalogue.variables) {
    if (rule.runs !== 'options' || rule.programs?.includes(program) !== true) continue;
    const found = [...state.variables].find(
      ([name, variable]) => rule.name.test(name) && !variable.may.every(isEmpty),
    );
    if (found !== undefined)
      return found[1].may.map((held) =>
        held === undefined || !('text' in held)
          ? []
          : held.text
              .split(/\s+/)
              .filter((word) => word !== '')
              .map((text) => ({ ...held, text })),
      );
  }
  return [[]];
}
