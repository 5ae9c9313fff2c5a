import type { Assessor } from '../core/assessor.ts';
import { riskOf, undoOf } from '../core/risk.ts';
import { assessContext, type Assessing } from './house.ts';
import { unique, withExtent } from './risk/assess.ts';
import { assessCommand } from './risk/assess-command.ts';
import { syntaxTree } from './risk/syntax-tree.ts';

/** The assessor alone, without the pipeline round it. */
export const assessor = (house: Assessing): Assessor => ({
  assess(line, given, { roots: named, counts = false } = {}) {
    const cwd = house.machine.real(given);
    const roots = named?.map((root) => house.machine.real(root)) ?? [cwd];
    const told = assessCommand(line, cwd, {}, assessContext(house, { roots, cwd }));
    const found = riskOf(unique(told.factors), [], told.reversibility, told);
    const counted = counts ? withExtent(found, (paths, ms) => house.machine.extent(paths, ms)) : found;
    const { resources: _, ...risk } = counted;
    return { ...risk, undo: undoOf(risk.reversibility) };
  },
  explain: syntaxTree,
});
