import type { ActionRow } from '../../store/actions.ts';
import { canonical } from '../../store/audit.ts';
import type { House } from '../house.ts';

/** What an approval binds to: the request, its staged effects to the byte, who asked, and by which policy it was judged. */
export function approvalDigest(
  {
    request_digest: request,
    stage,
    effects,
    agent,
  }: Pick<ActionRow, 'request_digest' | 'stage' | 'effects' | 'agent'>,
  policy: string,
  { store }: Pick<House, 'store'>,
): string {
  return store.digest(canonical({ request, stage, effects, agent, policy }));
}
