import type { Effects } from '../core/effects.ts';
import { HomeostatError } from '../core/errors.ts';
import type { Caller } from '../core/principal.ts';
import type { ApprovalInfo, Records, SnapshotInfo } from '../core/records.ts';
import type { ApprovalRow } from '../store/approvals.ts';
import type { Store } from '../store/store.ts';
import { expireOverdue } from './approvals/settle.ts';
import type { House } from './house.ts';
import { autonomySettings, levelOf } from './policy/autonomy.ts';
import { processInfo } from './processes/list.ts';
import { processOutput } from './processes/output.ts';
import { shownEffects } from './shown.ts';
import { stopReason } from './stop.ts';

const INDEX_BATCH = 500;

const iso = (ms: number): string => new Date(ms).toISOString();

/** The queries' view of what is stored. */
export function records(house: House, { principal, workspace }: Caller): Records {
  const { store } = house;
  return {
    audit(filter) {
      indexAll(store);
      return store.read(() => store.audit.query(filter));
    },

    snapshots: ({ limit, cwd }) =>
      store.read(() =>
        store.snapshots
          .list(cwd === undefined ? limit : limit * 10)
          .flatMap((snapshot): SnapshotInfo[] => {
            const row = store.actions.get(snapshot.action_id);
            if (row?.phase !== 'finished' || (cwd !== undefined && row.workspace.cwd !== cwd)) return [];
            return [
              {
                snapshot_id: row.id,
                tool: row.tool,
                agent: row.agent,
                cwd: row.workspace.cwd,
                time: iso(snapshot.created_ms),
                summary: house.secrets.redact(row.summary),
                changes: snapshot.changes,
                undone_by: store.actions.undoneBy(row.id),
              },
            ];
          })
          .slice(0, limit),
      ),

    effects: (id) => store.read(() => effectsOf(id, house)),

    approvals({ status, limit }) {
      expireOverdue(house);
      return store.read(() => store.approvals.list(status, limit).map((row) => approvalInfo(row, house)));
    },

    processes: () => store.read(() => store.longRunning.all().map((row) => processInfo(row, house))),

    processOutput: (id, stream, page, agent) => processOutput(id, stream, page, agent, house),

    status: () =>
      store.read(() => ({
        version: house.version,
        autonomy: levelOf(
          autonomySettings(house.config, principal.card, { folders: [workspace.cwd], paths: [] }, (path) =>
            house.machine.real(path),
          ),
        ),
        configuration: house.configuration,
        emergency_stop: stopReason(house) !== null,
        pending_approvals: store.approvals.countPending(),
        running_actions: store.actions.unfinished().filter((row) => row.phase !== 'held').length,
        audit_records: store.audit.count(),
      })),
  };
}

/** Where nothing can be written any more, what is not indexed yet is looked at one by one. */
function indexAll(store: Store): void {
  try {
    while (store.write(() => store.audit.index(INDEX_BATCH)));
  } catch (error) {
    if (!(error instanceof HomeostatError)) throw error;
  }
}

function effectsOf(id: string, house: House): Effects {
  const row = house.store.actions.get(id);
  if (row === null) throw new HomeostatError('not_found', `no action has the id ${id}`);
  if (row.effects === null)
    throw new HomeostatError('nothing_to_undo', `action ${id} left no effects on record`);
  return house.secrets.redact(shownEffects(row.effects, row.risk) ?? row.effects);
}

export function approvalInfo(approval: ApprovalRow, house: House): ApprovalInfo {
  const row = house.store.actions.get(approval.action_id);
  if (row === null) throw new HomeostatError('not_found', `no action has the id ${approval.action_id}`);
  return {
    action_id: row.id,
    status: approval.status,
    tool: row.tool,
    agent: row.agent,
    reason: house.secrets.redact(row.reason),
    summary: house.secrets.redact(row.summary),
    risk_level: row.risk.level,
    asked_by: row.decision.rules.map((rule) => rule.id),
    requested_at: iso(approval.requested_ms),
    expires_at: iso(approval.expires_ms),
    note: approval.note,
  };
}
