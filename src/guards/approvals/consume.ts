import { type ErrorCode, HomeostatError } from '../../core/errors.ts';
import type { ApprovalStatus } from '../../core/outcome.ts';
import type { ApprovalRow } from '../../store/approvals.ts';
import type { House } from '../house.ts';
import type { Run } from '../run.ts';
import { approvalDigest } from './digest.ts';
import { isOver } from './expiry.ts';

const REFUSED: Partial<Record<ApprovalStatus, ErrorCode>> = {
  pending: 'approval_required',
  denied: 'approval_denied',
  expired: 'approval_expired',
  revoked: 'approval_revoked',
  consumed: 'not_held',
};

/** Uses an approval up; the caller is inside the transaction that begins the commit. */
export function consume(run: Run, house: House): ApprovalStatus {
  const { actions, approvals } = house.store;
  const row = actions.get(run.id);
  const approval = approvals.of(run.id);
  if (row === null || approval === null) throw new HomeostatError('not_held', `action ${run.id} is not held`);
  if (isExpired(approval, house))
    throw new HomeostatError('approval_expired', `the approval of ${run.id} has expired`);
  if (approval.digest !== approvalDigest(row, house.policy, house)) {
    throw new HomeostatError('approval_revoked', `what was staged for ${run.id} is not what was approved`);
  }
  if (!approvals.move(run.id, ['approved'], 'consumed')) {
    throw new HomeostatError(
      REFUSED[approval.status] ?? 'not_held',
      `the approval of ${run.id} is ${approval.status}`,
    );
  }
  return 'consumed';
}

export function isExpired(approval: ApprovalRow, house: House): boolean {
  if (approval.status !== 'pending' && approval.status !== 'approved') return approval.status === 'expired';
  return isOver({ ...approval, from_ms: approval.requested_ms }, house);
}
