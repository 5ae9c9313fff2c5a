import type { ActionReport } from '../core/outcome.ts';
import { covers, grantFor } from './approvals/grants.ts';
import { hold } from './approvals/hold.ts';
import { commitRun } from './commit.ts';
import type { House } from './house.ts';
import { refuseIfDenied } from './judge.ts';
import { recordOutcome } from './record.ts';
import type { Run } from './run.ts';

/** What becomes of a stage once its effects are known and judged. */
export async function afterStage(run: Run, house: House): Promise<ActionReport> {
  const { staged, decision } = run;
  // What it said may itself need a person's leave to be told.
  const result = decision?.verdict === 'allow' ? staged?.output : null;
  if (run.bound?.dryRun === true) return recordOutcome(run, { outcome: 'succeeded', result }, house);
  if (staged?.failure !== undefined)
    return recordOutcome(run, { outcome: 'failed', error: staged.failure, result, keepStage: true }, house);
  refuseIfDenied(run, 'before commit');
  if (decision?.verdict === 'ask' && !covers(run)) {
    run.grant = grantFor(run, house);
    if (run.grant === null) return hold(run, house);
  }
  return commitRun(run, house);
}
