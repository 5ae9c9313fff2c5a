import { HomeostatError } from '../../core/errors.ts';
import { MASK } from '../../core/secrets.ts';

const count = (text: string): number => text.split(MASK).length - 1;

/**
 * Refuses a text that has more of the marks that stand for secrets than the one before it: whoever wrote it had read
 * the file masked, and the secret itself would be lost.
 */
export function refuseMarker(before: string, after: string, field: string): void {
  if (count(after) <= count(before)) return;
  throw new HomeostatError('marker_written', `${field}: ${MASK} stands in it where a secret was masked`);
}
