import { type ErrorCode, HomeostatError } from '../../core/errors.ts';
import { BLANK } from '../../store/audit.ts';
import type { ActionRow } from '../../store/actions.ts';
import type { House } from '../house.ts';
import { shownEffects, shownRisk } from '../shown.ts';
import { isExpired } from './consume.ts';

/** Ends a held action that will not be committed: its stage is discarded, the reason is on record. False where it is not held. */
export function settle(
  row: ActionRow,
  status: 'denied' | 'expired' | 'revoked',
  agent: string,
  note: string | null,
  house: House,
): boolean {
  const codes: Record<typeof status, ErrorCode> = {
    denied: 'approval_denied',
    expired: 'approval_expired',
    revoked: 'approval_revoked',
  };
  const error = new HomeostatError(codes[status], note ?? `the approval of ${row.id} is ${status}`);
  const effects = house.secrets.redact(shownEffects(row.effects, row.risk));
  const settled = house.store.write(() => {
    const held = house.store.actions.get(row.id)?.phase === 'held';
    const from = ['pending', 'approved'] as const;
    // Somebody else may have decided, or a commit may have begun, since the row was read.
    if (!held || !house.store.approvals.move(row.id, [...from], status, note ?? undefined)) return false;
    const seq = house.store.audit.append({
      ...BLANK,
      agent,
      event: `approval.${status}`,
      action: row.tool,
      action_id: row.id,
      risk_level: row.risk.level,
      approval_status: status,
      result: 'denied',
      error: error.code,
      detail: note === null ? null : house.secrets.text(note).slice(0, 300).toWellFormed(),
    });
    house.store.actions.update(row.id, {
      phase: 'finished',
      outcome: 'denied',
      error: error.body(),
      report: {
        outcome: 'denied',
        action_id: row.id,
        dry_run: false,
        result: null,
        error: house.secrets.redact(error.body()),
        ...house.secrets.redact({ risk: shownRisk(row.risk), decision: row.decision }),
        effects,
        snapshot_id: null,
        audit: [seq],
        execution_time_ms: 0,
      },
      input: null,
      stage: null,
      effects,
      finished_ms: Date.now(),
    });
    return true;
  });
  if (settled) house.machine.discard(row.id, row.workspace.roots, 'all');
  return settled;
}

/** Ends one action whose time to be decided is over. */
export function expire(actionId: string, house: House): void {
  const row = house.store.actions.get(actionId);
  if (row?.phase === 'held') settle(row, 'expired', 'homeostat', 'nobody decided in time', house);
}

/** The held actions whose time is over. */
export function overdue(house: House): string[] {
  const { approvals } = house.store;
  return (['pending', 'approved'] as const).flatMap((status) =>
    approvals
      .list(status, Number.MAX_SAFE_INTEGER)
      .filter((approval) => isExpired(approval, house))
      .map((approval) => approval.action_id),
  );
}

/** Ends every held action whose time is over. */
export function expireOverdue(house: House): void {
  for (const id of house.store.read(() => overdue(house))) expire(id, house);
}
