import { HomeostatError } from '../../core/errors.ts';
import type { ChainVerdict } from '../../core/gateway.ts';
import { headsIn, readHeads } from '../../store/audit-heads.ts';
import { existingKey } from '../../store/audit-signer.ts';
import { verifyAudit } from '../../store/audit-verify.ts';
import type { House } from '../house.ts';
import { anchorState } from './anchor.ts';

/** The whole record against all that tells of it; `anchor`: the lines of heads that somebody kept elsewhere. */
export function verified(anchor: readonly string[] | undefined, house: House): ChainVerdict {
  const { store } = house;
  const anchored = headsIn(anchor ?? []);
  if (anchor !== undefined && anchored.length === 0)
    throw new HomeostatError('invalid_input', 'the anchor file holds no signed head');
  const heads = readHeads(store.home.auditHeads);
  const key = existingKey(store.home.auditKey);
  const verdict = {
    ...store.snapshot(() => verifyAudit({ log: store.audit, days: store.auditDays, heads, anchored, key })),
    anchor: anchorState(house),
  };
  if (!verdict.ok || store.sound()) return verdict;
  return {
    ...verdict,
    ok: false,
    problem: { seq: 0, kind: 'damaged', what: 'the database file is damaged' },
  };
}
