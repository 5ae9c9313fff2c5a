import type { ActionReport, Decision } from '../core/outcome.ts';
import { checkAllowance } from './cards/allowance.ts';
import { auditParameters } from './audit/parameters.ts';
import type { House } from './house.ts';
import { recordOrCount } from './limits/refusals.ts';
import { putCompleted } from './snapshots/preserve.ts';
import { auditBase, type Ending, reportOf, type Run } from './run.ts';
import { dropSnapshot } from './snapshots/release.ts';

/** Step 4: the intent, durable before anything runs. */
export async function recordIntent(run: Run, house: House): Promise<void> {
  const { bound, intent, risk, decision } = run;
  if (bound === null || intent === null || risk === null || decision === null) return;
  const seq = await house.store.group(() => {
    checkAllowance(run, house);
    house.store.actions.insert({
      id: run.id,
      tool: run.tool.name,
      agent: run.agent,
      principal: run.caller.principal,
      workspace: run.caller.workspace,
      reason: house.secrets.recorded.text(bound.reason),
      summary: house.secrets.recorded.text(intent.summary),
      dry_run: bound.dryRun,
      input: null,
      request_digest: run.requestDigest,
      resources: intent.resources,
      ...house.secrets.recorded.redact({ risk, decision }),
      phase: 'intended',
      stage: null,
      effects: null,
      outcome: null,
      error: null,
      report: null,
      undoes: run.undoes,
      owner: house.machine.owner,
      created_ms: Date.now(),
      finished_ms: null,
    });
    putJudgements(run, house);
    return house.store.audit.append({
      ...auditBase(run),
      event: 'action.intended',
      parameters: auditParameters(
        { ...bound.input, dry_run: bound.dryRun, reason: bound.reason },
        house.secrets,
      ),
      rollback_id: run.undoes,
      detail: decided(decision),
    });
  });
  run.audit.push(seq);
  run.recorded = true;
}

/** What the rules said, as the record has it. */
const decided = ({ verdict, rules }: Decision): string =>
  `${verdict}: ${rules.map((rule) => rule.id).join(', ')}`.slice(0, 200).toWellFormed();

/** Step 10: the outcome, and with it the end of everything that was held on disk for the action. */
export async function recordOutcome(run: Run, ending: Ending, house: House): Promise<ActionReport> {
  const report = await house.store.group(() => {
    const base = auditBase(run);
    const time = Math.round(performance.now() - run.started);
    run.audit.push(
      house.store.audit.append({
        ...base,
        event: 'action.finished',
        result: ending.outcome,
        error: ending.error?.code ?? null,
        snapshot_id: ending.snapshot === true ? run.id : null,
        rollback_id: run.undoes,
        approval_status: run.resumed ? 'consumed' : null,
        execution_time_ms: time,
        detail: detailOf(ending, house),
      }),
    );
    const told = reportOf(run, ending);
    if (run.recorded) {
      putJudgements(run, house);
      if (ending.snapshot === true) putCompleted(run, house);
      else dropSnapshot(run.id, house);
      house.store.leases.release(run.id);
      house.store.actions.update(run.id, {
        phase: 'finished',
        outcome: ending.outcome,
        error: told.error,
        report: told,
        effects: told.effects,
        input: null,
        stage: ending.keepStage === true ? run.staged?.stage : null,
        finished_ms: Date.now(),
      });
      house.store.audit.mark();
    }
    return told;
  });
  run.committing = false;
  clearStage(run, ending, house);
  return report;
}

/**
 * What is not needed any more goes, while the caller is answered; what cannot be removed now is found by the sweep of
 * what nothing names.
 */
function clearStage(run: Run, ending: Ending, house: House): void {
  if (!run.recorded || ending.keepStage === true) return;
  const { roots } = run.caller.workspace;
  const gone = house.machine
    .discardAside(run.id, roots, ending.snapshot === true ? 'stage' : 'all')
    .catch(() => house.trace('stage left behind'))
    .finally(() => house.discarding.delete(run.id));
  house.discarding.set(run.id, gone);
}

/** A refusal before the intent was recorded: it leaves one record, with what was asked for; a flood of them a count. */
export async function recordRefusal(
  run: Run,
  raw: unknown,
  ending: Ending,
  house: House,
): Promise<ActionReport> {
  const { error } = ending;
  const append = (): number => {
    putJudgements(run, house);
    return house.store.audit.append({
      ...auditBase(run),
      event: 'action.refused',
      parameters: auditParameters(raw, house.secrets),
      result: ending.outcome,
      error: error?.code ?? null,
      detail: detailOf(ending, house),
    });
  };
  return house.store.group(() => {
    run.audit.push(recordOrCount(run, error?.code ?? '', house, append));
    house.store.leases.release(run.id);
    return reportOf(run, ending);
  });
}

/** Masked before it is cut: half a secret would not be known for one. */
const detailOf = ({ error }: Ending, { secrets }: House): string | null =>
  error === undefined ? null : secrets.recorded.text(error.message).slice(0, 300).toWellFormed();

/** Why it was decided as it was; the caller is inside a transaction. */
export function putJudgements(run: Run, house: House): void {
  const { judgements, intent, caller } = run;
  if (intent === null || judgements.length === 0) return;
  house.store.judgements.put({
    action_id: run.id,
    at_ms: Date.now(),
    tool: run.tool.name,
    agent: run.agent,
    card: caller.principal.card,
    workspace: caller.workspace,
    resources: intent.resources,
    summary: house.secrets.recorded.text(intent.summary).slice(0, 300).toWellFormed(),
    steps: house.secrets.recorded.redact(judgements),
  });
}
