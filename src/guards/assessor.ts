import type { Assessment, Assessor } from '../core/assessor.ts';
import { riskOf } from '../core/risk.ts';
import { assessContext, type Assessing } from './house.ts';
import { unique } from './risk/assess.ts';
import { type CommandRisk, assessCommand } from './risk/assess-command.ts';
import { syntaxTree } from './risk/syntax-tree.ts';

/** What an assessment says beside its factors, where it says it. */
type Told = CommandRisk & Partial<Pick<Assessment, 'effects' | 'instead'>>;

/** The assessor alone, without the pipeline round it. */
export const assessor = (house: Assessing): Assessor => ({
  assess(line, given, named = [given]) {
    const cwd = house.machine.real(given);
    const roots = named.map((root) => house.machine.real(root));
    const told: Told = assessCommand(line, cwd, {}, assessContext(house, { roots, cwd }));
    const { level, score, reversibility, factors } = riskOf(unique(told.factors), [], told.reversibility);
    return { level, score, reversibility, effects: told.effects ?? [], factors, instead: told.instead ?? [] };
  },
  explain: syntaxTree,
});
