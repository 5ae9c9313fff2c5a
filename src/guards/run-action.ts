import { asHomeostatError } from '../core/errors.ts';
import type { ActionReport } from '../core/outcome.ts';
import type { Caller } from '../core/principal.ts';
import type { Action } from '../core/tool.ts';
import { admit } from './admit.ts';
import { afterStage } from './after-stage.ts';
import { reachesByGrant } from './approvals/grants.ts';
import { hold } from './approvals/hold.ts';
import { checkRoom } from './approvals/waiting.ts';
import { bind } from './bind.ts';
import { actionContext } from './context.ts';
import type { House } from './house.ts';
import { judgeRun, refuseIfDenied } from './judge.ts';
import { countForBreakers } from './limits/breaker.ts';
import { heartbeat, takeLeases } from './limits/leases.ts';
import { ended } from './ending.ts';
import { recordIntent, recordOutcome } from './record.ts';
import { type Run, openRun, reportOf } from './run.ts';
import { stage } from './stage.ts';
import { recordStop, stopReason } from './stop.ts';

/** The life of an action, from an agent's words to the world and back into the record. */
export async function runAction(
  tool: Action,
  raw: unknown,
  caller: Caller,
  house: House,
): Promise<ActionReport> {
  const run = openRun(tool, caller, house);
  const stopBeating = heartbeat(house);
  try {
    const report = await passage(run, raw, house);
    await countForBreakers(run, report, house);
    return report;
  } finally {
    stopBeating();
    run.close();
    // When the caller has its answer.
    setImmediate(() => house.machine.sandbox.ahead());
  }
}

async function passage(run: Run, raw: unknown, house: House): Promise<ActionReport> {
  try {
    await bind(run, raw, house); //                                     1
    if (run.tool.urgent) return await runUrgent(run, house);
    await admit(run, house); //                                         2
    judgeRun(run, house); //                                            3
    refuseIfDenied(run, 'before staging');
    checkRoom(run, house);
    await recordIntent(run, house); //                                  4
    house.trace('intended');
    if ((await mustAsk(run, house)) && !reachesByGrant(run, house)) return hold(run, house);
    await stage(run, house); //                                         5
    judgeRun(run, house); //                                            6
    return await afterStage(run, house); //                             7 to 10
  } catch (error) {
    return await ended(run, raw, error, house);
  }
}

/** Whether a person decides before an action that reaches the world by being staged. */
async function mustAsk(run: Run, house: House): Promise<boolean> {
  if (run.intent?.reaching !== true) return false;
  if (run.download) {
    // Files in the roots tell where it goes: from now on nobody changes them.
    await takeLeases(run.intent.resources, run.id, house, run.signal);
    judgeRun(run, house);
  }
  if (run.decision?.verdict === 'ask') return true;
  // A recovery cannot know what it has sent.
  house.store.write(() => house.store.actions.update(run.id, { phase: 'reaching' }));
  return false;
}

/** The emergency stop: it only takes abilities away, so it acts first and is recorded as well as can be. */
async function runUrgent(run: Run, house: House): Promise<ActionReport> {
  judgeRun(run, house);
  const ctx = actionContext(run, house);
  run.staged = (await run.bound?.stage(ctx)) ?? null;
  if (run.bound?.dryRun === true) {
    await recordIntent(run, house);
    return recordOutcome(run, { outcome: 'succeeded' }, house);
  }
  const { output } = await run.tool.commit(run.staged?.stage, ctx);
  try {
    await recordIntent(run, house);
    recordStop(house, run.agent, stopReason(house) ?? '');
    return await recordOutcome(run, { outcome: 'succeeded', result: output }, house);
  } catch (error) {
    return reportOf(run, { outcome: 'succeeded', result: output, error: asHomeostatError(error) });
  }
}
