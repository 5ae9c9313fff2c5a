import type { Effects } from '../core/effects.ts';
import { HomeostatError, asHomeostatError, isTransient } from '../core/errors.ts';
import type { ActionReport } from '../core/outcome.ts';
import type { Committed } from '../core/stages.ts';
import { consume } from './approvals/consume.ts';
import { useGrant } from './approvals/grants.ts';
import { checkAllowance } from './cards/allowance.ts';
import { actionContext, isSecretIn } from './context.ts';
import { checkAlive, endedBy } from './ending.ts';
import type { House } from './house.ts';
import { withLeases } from './limits/leases.ts';
import { recordOutcome } from './record.ts';
import { auditBase, reportOf, type Run } from './run.ts';

/** How long a rollback may take; it has a signal of its own, since what ended the action must not end its undoing. */
const ROLLBACK_MS = 120_000;

/** Steps 8 to 10: the stage is let into the world, looked at, and taken back where it is not what it claims. */
export async function commitRun(run: Run, house: House): Promise<ActionReport> {
  checkAlive(run, house);
  await beginCommit(run, house); //                                      8
  run.committing = true;
  house.trace('committing');
  const ctx = actionContext(run, house);
  let committed: Committed<Record<string, unknown>, unknown> | null = null;
  const known = mayPlant(run, run.staged?.effects, house) ? house.secrets.known() : null;
  try {
    committed = await run.tool.commit(run.staged?.stage, ctx);
    // What an agent has written there by itself it has called a secret itself: the record does not mask it.
    if (known !== null)
      house.secrets.planted(secretsIn(run, committed.effects ?? run.staged?.effects, house), known);
    house.trace('committed');
    const seen = await run.tool.verify(committed.output, committed.snapshot, ctx); // 9
    house.trace('verified');
    if (!seen.ok) return await rollBack(run, seen.error, committed, house);
  } catch (error) {
    return await rollBack(run, asHomeostatError(error), committed, house);
  }
  const { output, snapshot } = committed;
  const effects = committed.effects ?? run.staged?.effects ?? null;
  try {
    const report = await recordOutcome(
      run,
      { outcome: 'succeeded', result: output, effects, snapshot: snapshot !== null },
      house,
    ); // 10
    house.trace('finished');
    return report;
  } catch (error) {
    // Done but not recorded: the open commit is taken back before the next action, or at the next start.
    house.unsettled.add(run.id);
    return reportOf(run, { outcome: 'unknown', error: asHomeostatError(error), effects });
  }
}

/** Whether it may, as far as one knows beforehand, put something into a file of secrets with nobody's leave. */
const mayPlant = (run: Run, effects: Effects | null | undefined, house: House): boolean =>
  !run.resumed &&
  run.grant === null &&
  (effects?.known !== true || secretsIn(run, effects, house).length > 0);

const secretsIn = (run: Run, effects: Effects | null | undefined, house: House): string[] => {
  const isSecret = isSecretIn(house, run.caller.workspace);
  const { files } = house.config.secrets;
  return (effects?.changes ?? [])
    .filter(({ change, path }) => change !== 'delete' && (isSecret(path) || files.includes(path)))
    .map(({ path }) => path);
};

/** Takes the leases, consumes the approval, where there is one, and writes the commit record: all or nothing. */
async function beginCommit(run: Run, house: House): Promise<void> {
  // Taken already, but by what ran in a stage of its own.
  const resources = run.intent?.resources ?? [];
  const begin = (): number => {
    // The stop may have been pulled while this waited for its turn.
    checkAlive(run, house);
    // What a person has said yes to is not the agent's to spend.
    if (!run.resumed) checkAllowance(run, house);
    const consumed = run.resumed ? consume(run, house) : null;
    if (run.grant !== null && !run.reached) useGrant(run, run.grant, house);
    const risk = run.risk === null ? {} : { risk: house.secrets.recorded.redact(run.risk) };
    house.store.actions.update(run.id, { ...risk, phase: 'committing', owner: house.machine.owner });
    return house.store.audit.append({
      ...auditBase(run),
      event: 'action.committing',
      approval_status: consumed,
    });
  };
  const flush = run.staged !== null && run.tool.keepsFirst(run.staged.stage) ? 'later' : 'now';
  run.audit.push(await withLeases(resources, run.id, house, run.signal, begin, flush));
}

/** Takes back what the action changed, as far as nobody else has changed it since. */
async function rollBack(
  run: Run,
  error: HomeostatError,
  committed: Committed<Record<string, unknown>, unknown> | null,
  house: House,
): Promise<ActionReport> {
  const result = committed?.output ?? null;
  const effects = committed?.effects ?? run.staged?.effects;
  const kept = house.store.read(() => house.store.snapshots.get(run.id));
  // Nothing was preserved, or nothing had changed: there is nothing to take back.
  if (kept === null || (committed !== null && committed.snapshot === null)) {
    return recordOutcome(
      run,
      { outcome: 'failed', error: endedBy(run, error, house), result, effects },
      house,
    );
  }
  house.trace('rolling back');
  const ctx = actionContext(run, house, { signal: AbortSignal.timeout(ROLLBACK_MS) });
  try {
    const recovery = await run.tool.recover(kept.data, ctx);
    const outcome = recovery.outcome;
    const said = endedBy(run, error, house);
    const full = new HomeostatError(
      outcome === 'rollback_failed' ? 'rollback_conflict' : said.code,
      `${said.message}; ${recovery.message}`,
      { cause: error },
    );
    return await recordOutcome(
      run,
      {
        outcome,
        error: full,
        result,
        effects: recovery.effects ?? effects,
        snapshot: outcome !== 'rolled_back',
      },
      house,
    );
  } catch (failure) {
    const what = `${error.message}; taking it back failed: ${asHomeostatError(failure).message}`;
    if (isTransient(failure)) {
      // The disk may work again: recovery takes it back before the next action, or at the next start.
      house.unsettled.add(run.id);
      const later = new HomeostatError('internal_error', `${what}; it is tried again`, { cause: failure });
      return reportOf(run, { outcome: 'rollback_failed', error: later, effects });
    }
    const full = new HomeostatError('rollback_conflict', what, { cause: failure });
    return recordOutcome(
      run,
      { outcome: 'rollback_failed', error: full, result, effects, snapshot: true },
      house,
    );
  }
}
