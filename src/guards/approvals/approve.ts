import { HomeostatError } from '../../core/errors.ts';
import type { AuditEntry } from '../../store/audit.ts';
import { BLANK } from '../../store/audit.ts';
import type { ActionRow } from '../../store/actions.ts';
import type { House } from '../house.ts';

/** Lets a held action go on, exactly as it was shown: `digest` is what the person has seen. */
export function approveHeld(
  row: ActionRow,
  digest: string,
  by: Pick<AuditEntry, 'agent'> & Partial<AuditEntry>,
  { store }: House,
): void {
  store.write(() => {
    if (store.approvals.of(row.id)?.digest !== digest) {
      throw new HomeostatError(
        'world_changed',
        `action ${row.id} was worked out anew while you looked; look again`,
      );
    }
    if (!store.approvals.move(row.id, ['pending'], 'approved')) {
      throw new HomeostatError('not_held', `action ${row.id} is not waiting for a decision`);
    }
    store.audit.append({
      ...BLANK,
      event: 'approval.approved',
      action: row.tool,
      action_id: row.id,
      risk_level: row.risk.level,
      approval_status: 'approved',
      ...by,
    });
  });
}
