import { HomeostatError } from '../../core/errors.ts';
import type { Proof } from '../../core/gateway.ts';
import { type ApproverFile } from '../../store/approver-file.ts';
import { BLANK } from '../../store/audit.ts';
import type { House } from '../house.ts';

const FAILURES = 5;
const REST_MS = 60_000;
const SETTING = 'approver_failures';

/** Throws unless a person has proved to be one; every wrong passphrase is on record and slows the next. */
export async function requireProof(
  proof: Proof,
  what: string,
  approver: ApproverFile,
  house: House,
): Promise<void> {
  if (!approver.enrolled())
    throw new HomeostatError('approver_missing', `${what} needs an approver, and none is enrolled`);
  if (house.config.approvals.require === 'terminal' && proof.terminal) return;
  if (proof.passphrase === undefined)
    throw new HomeostatError('terminal_required', `${what} needs the approver’s passphrase`);
  // Counted before it is checked, so that many guesses side by side do not slip through.
  const failures = house.store.write(() => countAttempt(house));
  if (failures > FAILURES)
    throw new HomeostatError('wrong_passphrase', `more than ${FAILURES} wrong passphrases; wait a minute`);
  const right = await approver.check(proof.passphrase);
  house.store.write(() => {
    if (right) return house.store.setSetting(SETTING, '[]');
    house.store.audit.append({
      ...BLANK,
      agent: house.machine.user,
      event: 'approver.wrong_passphrase',
      action: what,
    });
  });
  if (!right) throw new HomeostatError('wrong_passphrase', `${what}: the passphrase is wrong`);
}

/** Adds this attempt to those of the last minute, and says how many they are. */
function countAttempt(house: House): number {
  const now = Date.now();
  const lately = (JSON.parse(house.store.setting(SETTING) ?? '[]') as number[]).filter(
    (t) => Math.abs(now - t) < REST_MS,
  );
  if (lately.length <= FAILURES) house.store.setSetting(SETTING, JSON.stringify([...lately, now]));
  return lately.length + 1;
}
