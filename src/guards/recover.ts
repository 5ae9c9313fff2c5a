import { HomeostatError, asHomeostatError, isTransient } from '../core/errors.ts';
import type { Effects } from '../core/effects.ts';
import type { ActionReport, Outcome } from '../core/outcome.ts';
import type { Caller } from '../core/principal.ts';
import type { ActionRow } from '../store/actions.ts';
import { BLANK } from '../store/audit.ts';
import { actionContext } from './context.ts';
import { findAction, type House } from './house.ts';
import { holderLives } from './limits/leases.ts';
import { endOrphans } from './processes/end.ts';
import { openRun } from './run.ts';
import { shownEffects, shownRisk } from './shown.ts';
import { dropSnapshot } from './snapshots/release.ts';

const DAY_MS = 86_400_000;

/**
 * Ends what processes that are gone have left unfinished. A stage that was not committed is discarded or,
 * where it waits for a person, left alone; a commit half done is taken back; nothing is guessed. What cannot be taken
 * back now, since the disk fails or is not mounted, stays on record and locked, but for a root that a person gives up.
 */
export async function recover(house: House, givenUp: string | null = null): Promise<void> {
  const { actions, leases } = house.store;
  const orphans = house.store.read(() => {
    const beats = leases.beats();
    const orphaned = (row: ActionRow): boolean =>
      house.unsettled.has(row.id) || !holderLives(row.owner, beats, house);
    return actions.unfinished().filter((row) => row.phase !== 'held' && orphaned(row));
  });
  // What another process has ended meanwhile is open no more.
  const open = new Set(orphans.map(({ id }) => id));
  for (const id of house.unsettled) if (!open.has(id)) house.unsettled.delete(id);
  for (const row of orphans)
    if (!claim(row, house) || (await end(row, givenUp, house))) house.unsettled.delete(row.id);
    else house.unsettled.add(row.id);
  dropStrayLeases(house);
  endOrphans(house);
}

/** A process killed after it was admitted and before its intent was recorded leaves leases of no action. */
function dropStrayLeases(house: House): void {
  const { actions, leases } = house.store;
  const strays = (): string[] => {
    const beats = leases.beats();
    const unfinished = new Set(actions.unfinished().map((row) => row.id));
    return leases
      .all()
      .filter((lease) => !unfinished.has(lease.action_id) && !holderLives(lease.owner, beats, house))
      .map((lease) => lease.action_id);
  };
  if (house.store.read(strays).length === 0) return;
  house.store.write(() => strays().forEach((actionId) => leases.release(actionId)));
}

/** Two processes may start at once; the one whose claim is written ends the action. */
function claim(row: ActionRow, house: House): boolean {
  return house.store.write(() => {
    const now = house.store.actions.get(row.id);
    if (now?.owner !== row.owner || now.phase !== row.phase) return false;
    house.store.actions.update(row.id, { owner: house.machine.owner });
    // Nobody works on what is half done, should it stay so.
    for (const resource of row.resources)
      house.store.leases.take({ resource, action_id: row.id, owner: house.machine.owner });
    return true;
  });
}

/** False where the machine failed at it, or a disk is away: then it stays half done, and is tried again before the next action. */
async function end(row: ActionRow, givenUp: string | null, house: House): Promise<boolean> {
  house.machine.killLeftovers(row.id);
  if (row.phase === 'reaching') {
    const what =
      'the server ended while the command ran; the roots are as they were, what it sent cannot be known';
    record(row, 'unknown', new HomeostatError('interrupted', what), false, house);
    return true;
  }
  if (row.phase !== 'committing') {
    const what = `the server ended before the commit (${row.phase}); nothing was changed`;
    record(row, 'failed', new HomeostatError('interrupted', what), false, house);
    return true;
  }
  const kept = house.store.read(() => house.store.snapshots.get(row.id));
  if (kept === null) {
    const what = 'the server ended at the start of the commit, before the first change';
    record(row, 'failed', new HomeostatError('interrupted', what), false, house);
    return true;
  }
  const tool = findAction(house, row.tool);
  if (tool === null) {
    const what = `the server ended during the commit, and no tool ${row.tool} is here that could say more`;
    record(row, 'unknown', new HomeostatError('interrupted', what), true, house);
    return true;
  }
  const caller: Caller = {
    principal: row.principal,
    workspace: row.workspace,
    signal: new AbortController().signal,
  };
  const run = openRun(tool, caller, house, row.id);
  try {
    const { outcome, message, effects } = await tool.recover(
      kept.data,
      actionContext(run, house, { signal: caller.signal }),
    );
    const error = new HomeostatError('interrupted', `the server ended during the commit; ${message}`);
    record(row, outcome, error, outcome !== 'rolled_back', house, effects);
  } catch (failure) {
    const isGivenUp = givenUp !== null && row.workspace.roots.includes(givenUp);
    if (isTransient(failure) && !isGivenUp && !isOverdue(row, house)) return false;
    const what = `the server ended during the commit, and taking it back failed: ${asHomeostatError(failure).message}`;
    record(row, 'rollback_failed', new HomeostatError('interrupted', what), true, house);
  } finally {
    run.close();
  }
  return true;
}

/** Nobody waits longer for a disk than what it holds would be kept. */
const isOverdue = (row: ActionRow, { config }: House): boolean =>
  row.created_ms < Date.now() - config.retention.days * DAY_MS;

function record(
  row: ActionRow,
  outcome: Outcome,
  error: HomeostatError,
  keep: boolean,
  house: House,
  found: Effects | null = null,
): void {
  const { actions, audit, leases } = house.store;
  const effects = house.secrets.redact(shownEffects(found, row.risk));
  house.store.write(() => {
    const seq = audit.append({
      ...BLANK,
      agent: row.agent,
      event: 'action.recovered',
      action: row.tool,
      action_id: row.id,
      risk_level: row.risk.level,
      result: outcome,
      error: error.code,
      snapshot_id: keep ? row.id : null,
      rollback_id: row.undoes,
      detail: error.message.slice(0, 300).toWellFormed(),
    });
    const report: ActionReport = {
      outcome,
      action_id: row.id,
      dry_run: row.dry_run,
      result: null,
      error: error.body(),
      ...house.secrets.redact({ risk: shownRisk(row.risk), decision: row.decision }),
      effects,
      snapshot_id: keep ? row.id : null,
      audit: [seq],
      execution_time_ms: 0,
    };
    if (!keep) dropSnapshot(row.id, house);
    leases.release(row.id);
    leases.forget(row.owner);
    actions.update(row.id, {
      phase: 'finished',
      outcome,
      error: error.body(),
      report,
      effects,
      input: null,
      stage: null,
      finished_ms: Date.now(),
    });
  });
  house.machine.discard(row.id, row.workspace.roots, keep ? 'stage' : 'all');
}

/** Ends what is half done on a root that will not come back; gives the actions' ids. */
export async function forgetRoot(root: string, house: House): Promise<string[]> {
  const open = (): string[] =>
    house.store
      .read(() => house.store.actions.unfinished())
      .filter(({ phase, workspace }) => phase === 'committing' && workspace.roots.includes(root))
      .map(({ id }) => id);
  const before = open();
  if (before.length === 0) throw new HomeostatError('not_found', `nothing is half done in ${root}`);
  await recover(house, root);
  const [left] = open();
  if (left === undefined) return before;
  throw new HomeostatError('resource_busy', `a server that runs holds action ${left}`, {
    next: 'End the clients that use this state, then do this again.',
  });
}
