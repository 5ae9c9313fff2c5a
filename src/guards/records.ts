import type { Effects } from '../core/effects.ts';
import { HomeostatError } from '../core/errors.ts';
import type { Caller } from '../core/principal.ts';
import type { ApprovalInfo, AuditFilter, AuditRecord, Records, SnapshotInfo } from '../core/records.ts';
import type { ApprovalRow } from '../store/approvals.ts';
import type { Store } from '../store/store.ts';
import { expireOverdue } from './approvals/settle.ts';
import type { House } from './house.ts';
import { boundsOf } from './cards/bounds.ts';
import { checkSeen, isSeen, seenBy } from './cards/visible.ts';
import { autonomySettings, levelOf } from './policy/autonomy.ts';
import { processInfo } from './processes/list.ts';
import { processOutput } from './processes/output.ts';
import { shownEffects } from './shown.ts';
import { stopReason } from './stop.ts';

const INDEX_BATCH = 500;

const iso = (ms: number): string => new Date(ms).toISOString();

/** The queries' view of what is stored. */
export function records(house: House, caller: Caller): Records {
  const { store } = house;
  const { principal, workspace } = caller;
  const sees = seenBy(caller, house);
  return {
    audit(filter) {
      indexAll(store);
      return store.read(() => seenAudit(filter, sees, store));
    },

    snapshots: ({ limit, cwd }) =>
      store.read(() =>
        store.snapshots
          .list(cwd === undefined && sees === null ? limit : limit * 10)
          .flatMap((snapshot): SnapshotInfo[] => {
            const row = store.actions.get(snapshot.action_id);
            if (
              row?.phase !== 'finished' ||
              !isSeen(row, caller, house) ||
              (cwd !== undefined && row.workspace.cwd !== cwd)
            )
              return [];
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

    effects: (id) => store.read(() => effectsOf(id, caller, house)),

    approvals({ status, limit }) {
      expireOverdue(house);
      const isShown = ({ action_id: id }: ApprovalRow): boolean => {
        const row = store.actions.get(id);
        return row === null || isSeen(row, caller, house);
      };
      const most = sees === null ? limit : limit * 10;
      return store.read(() =>
        store.approvals
          .list(status, most)
          .filter(isShown)
          .slice(0, limit)
          .map((row) => approvalInfo(row, house)),
      );
    },

    processes: () =>
      store.read(() =>
        store.longRunning
          .all()
          .filter(({ agent, cwd }) => sees?.(agent, [`tree:${cwd}`]) ?? true)
          .map((row) => processInfo(row, house)),
      ),

    processOutput: (id, stream, page, agent) => processOutput(id, stream, page, agent, house),

    status: () =>
      store.read(() => ({
        version: house.version,
        autonomy: levelOf([
          ...autonomySettings(house.config, principal.card, { folders: [workspace.cwd], paths: [] }, (path) =>
            house.machine.real(path),
          ),
          ...(boundsOf(principal, house)?.ceilings ?? []),
        ]),
        configuration: house.configuration,
        emergency_stop: stopReason(house) !== null,
        pending_approvals: store.approvals.countPending(),
        running_actions: store.actions.unfinished().filter((row) => row.phase !== 'held').length,
        audit_records: store.audit.count(),
      })),
  };
}

/** How far back is looked for what a card lets an agent be told. */
const MOST_LOOKED_AT = 20_000;
const PAGE = 500;

/** The records that a card lets an agent be told of, of the newest there are. */
function seenAudit(filter: AuditFilter, sees: ReturnType<typeof seenBy>, { audit }: Store): AuditRecord[] {
  if (sees === null) return audit.query(filter);
  const found: AuditRecord[] = [];
  let { before } = filter;
  for (let looked = 0; looked < MOST_LOOKED_AT && found.length < filter.limit; looked += PAGE) {
    const page = audit.query({ ...filter, before, limit: PAGE });
    found.push(...page.filter(({ body }) => sees(body.agent, body.resources)));
    before = page.at(-1)?.seq;
    if (page.length < PAGE) break;
  }
  return found.slice(0, filter.limit);
}

/** Where nothing can be written any more, what is not indexed yet is looked at one by one. */
function indexAll(store: Store): void {
  try {
    while (store.write(() => store.audit.index(INDEX_BATCH)));
  } catch (error) {
    if (!(error instanceof HomeostatError)) throw error;
  }
}

function effectsOf(id: string, caller: Caller, house: House): Effects {
  const row = house.store.actions.get(id);
  if (row === null) throw new HomeostatError('not_found', `no action has the id ${id}`);
  checkSeen(row, caller, house);
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
