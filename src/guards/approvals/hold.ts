import type { Effects } from '../../core/effects.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { ActionReport } from '../../core/outcome.ts';
import type { House } from '../house.ts';
import { putJudgements } from '../record.ts';
import { auditBase, reportOf, type Run } from '../run.ts';
import { approvalDigest } from './digest.ts';
import { termOf } from './expiry.ts';
import { notify } from './notify.ts';
import { checkNumber } from './waiting.ts';

const HOUR_MS = 3_600_000;

/**
 * Step 7: the stage waits on disk for a person; any process can resume it by its id. An approval of what was
 * staged before is void with the same stroke.
 */
export function hold(run: Run, house: House): ActionReport {
  const { actions, approvals, audit, leases } = house.store;
  const { risk, decision } = run;
  if (risk === null || decision === null)
    throw new HomeostatError('internal_error', 'held before it was judged');
  const report = house.store.write(() => {
    const { stage = null, effects = null } = run.staged ?? {};
    checkNumber(run, house);
    checkSize(run.id, effects, house);
    putJudgements(run, house);
    const input = run.bound?.input ?? null;
    const [summary, reason] = [run.intent?.summary ?? '', run.bound?.reason ?? ''];
    const held = { input, stage, effects, risk, summary, reason };
    actions.hold(run.id, held, house.secrets.recorded.redact({ risk, decision }));
    approvals.move(run.id, ['pending', 'approved'], 'revoked', 'the world had changed');
    const row = actions.get(run.id);
    if (row === null) throw new HomeostatError('internal_error', `action ${run.id} is not on record`);
    const { from_ms, ...term } = termOf(house.config.approvals.expire_hours * HOUR_MS, house);
    approvals.request({
      action_id: run.id,
      digest: approvalDigest(row, house.policy, house),
      policy: house.policy,
      requested_ms: from_ms,
      ...term,
    });
    leases.release(run.id);
    run.audit.push(
      audit.append({ ...auditBase(run), event: 'action.held', result: 'held', approval_status: 'pending' }),
    );
    return heldReport(run);
  });
  house.trace('held');
  notify(run.id, house);
  return report;
}

/** An agent could fill the disk with what waits for a person. */
function checkSize(id: string, effects: Effects | null, { store, config }: House): void {
  const most = config.retention.held_bytes;
  const bytes = (staged: Effects | null): number =>
    staged?.changes.reduce((sum, change) => sum + change.bytes, 0) ?? 0;
  const others = store.actions
    .unfinished()
    .filter((row) => row.phase === 'held' && row.id !== id)
    .reduce((sum, row) => sum + bytes(row.effects), 0);
  const all = others + bytes(effects);
  if (all <= most) return;
  throw new HomeostatError(
    'too_large',
    `with this, ${all} bytes would wait for a person; at most ${most} may`,
    {
      next: 'Tell the person to decide on what waits already (`homeostat approvals`), or do less at once.',
    },
  );
}

export function heldReport(run: Run): ActionReport {
  const error = new HomeostatError(
    'approval_required',
    `${run.tool.name} waits for a person: ${run.intent?.summary ?? run.id}`,
    {
      next: `Tell the person to run \`homeostat approve ${run.id}\` in a terminal, then call wait_for_approval with this id.`,
    },
  );
  return reportOf(run, { outcome: 'held', error });
}
