import { HomeostatError } from '../../core/errors.ts';
import { BLANK } from '../../store/audit.ts';
import type { SignedManifest } from '../../store/audit-days.ts';
import { addHead, headsIn, readHeads } from '../../store/audit-heads.ts';
import { existingKey, openSigner } from '../../store/audit-signer.ts';
import { verifyAudit } from '../../store/audit-verify.ts';
import type { House } from '../house.ts';
import { feedAnchor } from './anchor.ts';
import { verified } from './verified.ts';

const ACCEPTABLE = new Set(['older_copy', 'rewritten', 'fork']);

/**
 * Takes the record as it is now for the true one, though heads or sealed days were signed that tell of other records: a
 * person has put an older database in place. On record, signed, and told of by every later look. Gives the sequence
 * number from which on records were replaced.
 */
export async function acceptBreak(
  anchor: readonly string[] | undefined,
  person: string,
  house: House,
): Promise<number> {
  const { store } = house;
  const { problem } = verified(anchor, house);
  if (problem === null) throw new HomeostatError('invalid_input', 'there is nothing to accept: all agrees');
  const strange = strangeDays(house);
  const inside = ACCEPTABLE.has(problem.kind) ? insideProblem(strange, house) : problem;
  if (inside !== null)
    throw new HomeostatError(
      'state_corrupt',
      `record ${inside.seq}: ${inside.kind}: ${inside.what}; only a record that is whole in itself can be accepted`,
      { next: 'Restore a good copy first, or begin anew: docs/audit.md.' },
    );
  const first = store.read(() => store.audit.first()) ?? 1;
  const unlike = [...readHeads(store.home.auditHeads), ...headsIn(anchor ?? [])].filter(
    ({ seq, hash }) => seq >= first && store.read(() => store.audit.link(seq))?.hash !== hash,
  );
  const from = Math.min(problem.seq, ...unlike.map(({ seq }) => seq));
  // No earlier than anything it accepts, whatever the clock says.
  const time = [new Date().toISOString(), ...unlike.map((head) => head.time)].toSorted().at(-1) ?? '';
  const end = store.write(() => {
    const detail = `from record ${from} on: ${problem.kind}: ${problem.what}`.slice(0, 300).toWellFormed();
    store.audit.append({ ...BLANK, agent: person, event: 'audit.accepted', action: 'audit accept', detail });
    return store.audit.head();
  });
  if (end === null) throw new HomeostatError('record_failed', 'the acceptance is not on record');
  for (const { name } of strange) store.auditDays.setAside(name);
  const { seq, hash } = end;
  addHead(
    store.home.auditHeads,
    openSigner(store.home.auditKey).sign({ kind: 'accepted' as const, from, seq, hash, time }),
  );
  await feedAnchor(house);
  return from;
}

/** Days that were sealed of other records than this database has. */
function strangeDays({ store }: House): SignedManifest[] {
  const own = new Map(store.read(() => store.audit.days.all()).map((day) => [day.name, day.last_hash]));
  return store.auditDays
    .manifests()
    .filter((day) => day !== null)
    .filter((day) => own.get(day.name) !== day.last_hash);
}

/** What is wrong with the record by itself, whatever was signed of it. */
function insideProblem(
  strange: readonly SignedManifest[],
  { store }: House,
): ReturnType<typeof verifyAudit>['problem'] {
  const names = new Set(strange.map(({ name }) => name));
  const manifests = (): (SignedManifest | null)[] =>
    store.auditDays.manifests().filter((day) => day === null || !names.has(day.name));
  return store.snapshot(() =>
    verifyAudit({
      log: store.audit,
      days: { ...store.auditDays, manifests },
      heads: [],
      anchored: [],
      key: existingKey(store.home.auditKey),
    }),
  ).problem;
}
