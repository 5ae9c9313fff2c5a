import type { QueryContext } from '../core/context.ts';
import { asHomeostatError, HomeostatError } from '../core/errors.ts';
import type { Fetched } from '../core/gateway.ts';
import type { Monitor } from '../core/metrics.ts';
import type { Report } from '../core/outcome.ts';
import type { Caller } from '../core/principal.ts';
import { resumeAction } from './approvals/resume.ts';
import { queryJournal, type QueryJournal } from './audit/query-journal.ts';
import { askInForm } from './approvals/elicit.ts';
import type { Keeper } from './audit/keeper.ts';
import { fetched } from './cards/fetched.ts';
import { actionContext, queryContext } from './context.ts';
import { findAction, type House } from './house.ts';
import { judge, lineRisk } from './judge.ts';
import { holderLives } from './limits/leases.ts';
import { tellRefusals } from './limits/refusals.ts';
import { recover } from './recover.ts';
import { endProcesses } from './processes/end.ts';
import { type KeptMonitor, openMonitor } from './metrics/monitor.ts';
import { records } from './records.ts';
import { refusal } from './refusal.ts';
import { prune } from './snapshots/prune.ts';
import { seeder } from './snapshots/seed.ts';
import { runAction } from './run-action.ts';
import { refuseUnknown, runQuery } from './run-query.ts';
import { openRun } from './run.ts';
import { stopReason } from './stop.ts';

/** Tool calls, guarded: what `Gateway` promises to the faces, once the house stands. */
export interface Guarded {
  call(name: string, input: unknown, caller: Caller): Promise<Report>;
  /** Puts on record that a client asked for a method of the protocol that is not here. */
  refuse(method: string, params: unknown, caller: Caller): void;
  /** Snapshots the roots in the background; the first action that comes ends it. */
  prepare(caller: Caller): void;
  fetched(what: Fetched, caller: Caller): void;
  pulse(): string;
  readonly monitor: KeptMonitor;
  close(): Promise<void>;
}

export function guardedCalls(house: House, keeper: Keeper): Guarded {
  const journal = queryJournal(house.store);
  const seeds = seeder(house);
  const monitor = openMonitor(house, keeper);
  let settling: Promise<void> | null = null;
  // What could not be written down, or was left by a process that is gone, comes first: nothing new is done on
  // an open end.
  const settle = async (): Promise<void> => {
    if (house.unsettled.size === 0 && !holdsOfTheDead(house)) return;
    settling ??= recover(house).finally(() => (settling = null));
    await settling;
  };
  return {
    async call(name, input, caller) {
      house.secrets.watch(caller.workspace.roots);
      const tool = house.offered.has(name) ? house.tools.get(name) : undefined;
      if (tool === undefined) return refuseUnknown({ tool: name, input }, caller, journal, house);
      if (tool.kind === 'query') {
        return runQuery(tool, input, caller, services(caller, monitor, journal, house), journal, house);
      }
      // The stop waits for nothing, and works even where nothing can be written any more.
      if (tool.urgent) return runAction(tool, input, caller, house);
      try {
        keeper.check();
        await seeds.end();
        journal.flush();
        await settle();
      } catch (error) {
        return refusal(tool, asHomeostatError(error));
      }
      const report = await askInForm(await runAction(tool, input, caller, house), caller, house);
      tidy(house);
      return report;
    },
    fetched: (what, caller) => fetched(what, caller, journal, house),
    pulse: () =>
      house.store.read(() =>
        JSON.stringify([
          house.store.actions.pulse(),
          house.store.approvals.countPending(),
          stopReason(house),
        ]),
      ),
    monitor,
    refuse: (method, params, caller) => void refuseUnknown({ method, params }, caller, journal, house),
    prepare: ({ workspace }) => seeds.begin(workspace),
    async close() {
      monitor.close();
      await seeds.end();
      await endProcesses(house);
      await Promise.all(house.discarding.values());
      await house.machine.sessions.close();
      await house.machine.sandbox.close();
      journal.close();
      closing(house);
      await keeper.close();
    },
  };
}

/** Whether a process that is gone still holds something, so that its action may have come half way. */
function holdsOfTheDead(house: House): boolean {
  const { leases } = house.store;
  return house.store.read(() => {
    const held = leases.all();
    const beats = held.length > 0 ? leases.beats() : new Map<string, string>();
    return held.some((lease) => !holderLives(lease.owner, beats, house));
  });
}

/** What was only counted is told before the process ends; where it cannot be, the next start does. */
function closing(house: House): void {
  try {
    tellRefusals(house, Date.now());
  } catch (error) {
    if (!(error instanceof HomeostatError)) throw error;
  }
}

/** Retention; where it cannot be done, the next record cannot be written either and says so. */
function tidy(house: House): void {
  try {
    prune(house);
  } catch (error) {
    if (!(error instanceof HomeostatError)) throw error;
  }
}

function services(caller: Caller, monitor: Monitor, journal: QueryJournal, house: House): QueryContext {
  return queryContext(caller, house, {
    monitor: {
      ...monitor,
      async activity(by, sinceMs) {
        journal.flush();
        return monitor.activity(by, sinceMs);
      },
    },
    records: {
      ...records(house, caller),
      audit(filter) {
        journal.flush();
        return records(house, caller).audit(filter);
      },
    },
    async assess(name, input) {
      const tool = house.offered.has(name) ? findAction(house, name) : null;
      if (tool === null) throw new HomeostatError('unknown_tool', `${name} is no action`);
      const run = openRun(tool, caller, house);
      try {
        run.bound = tool.bind(input);
        const intent = await run.bound.assess(actionContext(run, house));
        const { risk, decision } = judge(intent, null, caller, house);
        // What a command in the sandbox says it would do is worth telling, though its changes are what decides.
        const told = intent.contained === true ? lineRisk(intent, caller.workspace, house) : risk;
        return { risk: told, decision, summary: intent.summary };
      } finally {
        run.close();
      }
    },
    resume: async (id, waitMs) => resumeAction(id, waitMs, caller, house),
  });
}
