import type { Assessor } from '../core/assessor.ts';
import { riskOf, undoOf } from '../core/risk.ts';
import { assessContext, type Assessing } from './house.ts';
import { unique } from './risk/assess.ts';
import { assessCommand } from './risk/assess-command.ts';
import { syntaxTree } from './risk/syntax-tree.ts';

/** The assessor alone, without the pipeline round it. */
export const assessor = (house: Assessing): Assessor => ({
  assess(line, given, named = [given]) {
    const cwd = house.machine.real(given);
    const roots = named.map((root) => house.machine.real(root));
    const told = assessCommand(line, cwd, {}, assessContext(house, { roots, cwd }));
    const { resources: _, ...risk } = riskOf(unique(told.factors), [], told.reversibility, told);
    return { ...risk, undo: undoOf(risk.reversibility) };
  },
  explain: syntaxTree,
});
