import type { ActionRow } from '../../store/actions.ts';
import { canonical } from '../../store/audit.ts';
import { sha256 } from '../../store/objects.ts';

/** What an approval binds to: the request, its staged effects to the byte, and who asked. */
export function approvalDigest(
  row: Pick<ActionRow, 'request_digest' | 'stage' | 'effects' | 'agent'>,
): string {
  return sha256(
    canonical({ request: row.request_digest, stage: row.stage, effects: row.effects, agent: row.agent }),
  );
}
