import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorCode, HomeostatError } from '../../core/errors.ts';
import type { ActionReport } from '../../core/outcome.ts';
import { type Caller, agentName } from '../../core/principal.ts';
import { type Risk, rank } from '../../core/risk.ts';
import type { ActionRow } from '../../store/actions.ts';
import { commitRun } from '../commit.ts';
import { findAction, type House } from '../house.ts';
import { judgeRun, refuseIfDenied } from '../judge.ts';
import { countForBreakers } from '../limits/breaker.ts';
import { heartbeat, takeLeases, tryTake } from '../limits/leases.ts';
import { actionContext } from '../context.ts';
import { checkStop } from '../stop.ts';
import { checkAlive, ended } from '../ending.ts';
import { stage } from '../stage.ts';
import { type Run, auditBase, newId, openRun } from '../run.ts';
import { afterStage } from '../after-stage.ts';
import { consume, isExpired } from './consume.ts';
import { approvalDigest } from './digest.ts';
import { expire, settle } from './settle.ts';
import { hold, heldReport } from './hold.ts';

const POLL_MS = 100;

/**
 * Waits for a person's word on a held action, then commits exactly what was shown. `anybody` is for the
 * approver's own terminal; an agent can resume only what it asked for itself.
 */
export async function resumeAction(
  id: string,
  waitMs: number,
  caller: Caller,
  house: House,
  anybody = false,
): Promise<ActionReport> {
  const row = heldBy(id, caller, house, anybody);
  if (row.report !== null) return row.report;
  const run = await reopen(row, caller, house);
  const stopBeating = heartbeat(house);
  const deadline = house.machine.uptime().ms + waitMs;
  try {
    for (;;) {
      const now = house.store.read(() => house.store.actions.get(id));
      if (now?.report != null) return now.report;
      // Nobody decides into a stop: the action stays held, and whoever waits is told why.
      checkStop(house);
      const approval = house.store.read(() => house.store.approvals.of(id));
      if (approval !== null && isExpired(approval, house)) {
        expire(id, house);
        continue;
      }
      if (approval?.status === 'approved' && now?.phase === 'held') {
        if (approval.digest !== approvalDigest(now, approval.policy, house)) {
          settle(now, 'revoked', 'homeostat', 'what is staged is not what was approved', house);
          continue;
        }
        const report = await inTurn(run, house);
        if (report !== null) return report;
      }
      if (house.machine.uptime().ms >= deadline) return heldReport(run);
      run.caller.onProgress?.(`waiting for a person to decide on ${id}`);
      await sleep(Math.min(POLL_MS, Math.max(1, waitMs)), undefined, { signal: run.signal });
    }
  } catch (error) {
    // A wait that is cancelled leaves the action held.
    if (!run.signal.aborted || run.resumed) throw error;
    checkStop(house);
    return heldReport(run);
  } finally {
    stopBeating();
    run.close();
  }
}

/**
 * Several may wait for one approval: an agent that asked again, a person's terminal. One of them carries it
 * out; null tells the others to look again.
 */
async function inTurn(run: Run, house: House): Promise<ActionReport | null> {
  const { actions, approvals, leases } = house.store;
  const turn = newId();
  const mine = house.store.write(
    () =>
      tryTake([`action:${run.id}`], turn, house) === null &&
      actions.get(run.id)?.phase === 'held' &&
      approvals.of(run.id)?.status === 'approved',
  );
  try {
    if (!mine) return null;
    // Another wait may have had it staged anew since this one began: what was approved is what is on record now.
    const row = house.store.read(() => actions.get(run.id));
    if (row !== null) readBack(run, row, house);
    const report = await commitHeld(run, house);
    if (report !== null) await countForBreakers(run, report, house);
    return report;
  } finally {
    house.store.write(() => leases.release(turn));
  }
}

/** Commits an approved action; an error before the commit has begun leaves it as it was, still held. */
async function commitHeld(run: Run, house: House): Promise<ActionReport | null> {
  try {
    checkStop(house);
    await takeLeases(run.intent?.resources ?? [], run.id, house, run.signal);
    const shown = run.risk;
    judgeRun(run, house);
    refuseIfDenied(run, 'before commit');
    const { policy } = house.store.read(() => house.store.approvals.of(run.id)) ?? {};
    // What was approved under another policy is a question of its own under this one.
    const isOther = policy !== house.policy || isRiskier(run.risk, shown);
    if (run.staged === null) return isOther ? hold(run, house) : await stageApproved(run, house);
    if (isOther || (await isStale(run, house))) return await stageAnew(run, house);
    run.resumed = true;
    return await commitRun(run, house);
  } catch (error) {
    run.resumed = false;
    if (!run.committing) house.store.write(() => house.store.leases.release(run.id));
    if (error instanceof HomeostatError && LOOK_AGAIN.has(error.code)) return null;
    throw error;
  }
}

/** A stage that reaches the world begins only with the approval, which is used up by it; its effects may be asked about once more. */
async function stageApproved(run: Run, house: House): Promise<ActionReport> {
  const approved = run.risk;
  house.store.write(() => {
    consume(run, house);
    house.store.actions.update(run.id, { phase: 'reaching', owner: house.machine.owner });
    run.audit.push(
      house.store.audit.append({ ...auditBase(run), event: 'action.reaching', approval_status: 'consumed' }),
    );
  });
  house.trace('reaching');
  try {
    await stage(run, house);
    judgeRun(run, house);
    if (run.staged?.failure !== undefined || isRiskier(run.risk, approved))
      return await afterStage(run, house);
    return await commitRun(run, house);
  } catch (error) {
    return ended(run, run.bound?.input, error, house);
  }
}

/** Errors that say that somebody else has decided, or is at work, meanwhile. */
const LOOK_AGAIN: ReadonlySet<ErrorCode> = new Set([
  'not_held',
  'approval_required',
  'approval_expired',
  'approval_revoked',
  'resource_busy',
]);

/** Whether a rule speaks now that did not when the person decided, or speaks louder. */
function isRiskier(now: Risk | null, shown: Risk | null): boolean {
  const known = new Map(shown?.factors.map((f) => [`${f.rule} ${f.evidence}`, rank(f.level)]));
  return now?.factors.some((f) => rank(f.level) > (known.get(`${f.rule} ${f.evidence}`) ?? -1)) ?? false;
}

/** Whether what the stage was worked out from has changed, as a staging done now would find. */
async function isStale(run: Run, house: House): Promise<boolean> {
  try {
    await run.tool.recheck(run.staged?.stage, actionContext(run, house));
    return false;
  } catch (error) {
    if (error instanceof HomeostatError && error.code === 'world_changed') return true;
    throw error;
  }
}

/** The world has moved on: the action is worked out again and asked anew, which voids the old approval. */
async function stageAnew(run: Run, house: House): Promise<ActionReport> {
  try {
    await stage(run, house);
    judgeRun(run, house);
    refuseIfDenied(run, 'before commit');
    checkAlive(run, house);
    return hold(run, house);
  } catch (error) {
    // What cannot be worked out any more, such as deleting what is gone, has come to its end.
    const report = ended(run, run.bound?.input, error, house);
    house.store.write(() =>
      house.store.approvals.move(run.id, ['approved'], 'revoked', 'it came to its end'),
    );
    return report;
  }
}

function heldBy(id: string, caller: Caller, house: House, anybody: boolean): ActionRow {
  const row = house.store.read(() => house.store.actions.get(id));
  if (row === null) throw new HomeostatError('not_found', `no action has the id ${id}`);
  if (!anybody && row.agent !== agentName(caller.principal)) {
    throw new HomeostatError('not_yours', `action ${id} was asked for by ${row.agent}`);
  }
  if (row.report === null && row.phase !== 'held' && row.phase !== 'committing') {
    throw new HomeostatError('not_held', `action ${id} is ${row.phase}`);
  }
  return row;
}

/** The run as it was when it was held, with the workspace and principal that it was asked with. */
export async function reopen(row: ActionRow, caller: Caller, house: House): Promise<Run> {
  const tool = findAction(house, row.tool);
  if (tool === null) throw new HomeostatError('unknown_tool', `no tool ${row.tool} is here`);
  const original: Caller = { ...caller, principal: row.principal, workspace: row.workspace };
  const run = openRun(tool, original, house, row.id);
  try {
    run.bound = tool.bind({ ...(row.input as object), reason: row.reason });
    run.intent = await run.bound.assess(actionContext(run, house));
  } catch (error) {
    run.close();
    throw error;
  }
  run.requestDigest = row.request_digest;
  run.undoes = row.undoes;
  run.recorded = true;
  readBack(run, row, house);
  return run;
}

/** What was staged and judged, as it is on record. */
function readBack(run: Run, row: ActionRow, house: House): void {
  run.judgements.splice(
    0,
    Infinity,
    ...(house.store.read(() => house.store.judgements.get(row.id))?.steps ?? []),
  );
  run.risk = row.risk;
  run.decision = row.decision;
  // One that reaches the world is not staged before somebody has said yes.
  if (row.stage === null && row.effects === null) return;
  run.staged = {
    stage: row.stage,
    effects: row.effects ?? { known: false, note: '', changes: [], diff: '' },
    circumstances: [],
    reversibility: row.risk.reversibility,
  };
}
