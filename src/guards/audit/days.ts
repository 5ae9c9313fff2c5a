import { setImmediate as yielded } from 'node:timers/promises';
import type { AuditBody } from '../../core/records.ts';
import { BLANK } from '../../store/audit.ts';
import type { Link } from '../../store/audit-chain.ts';
import type { Head } from '../../store/audit-heads.ts';
import { openSigner } from '../../store/audit-signer.ts';
import type { Store } from '../../store/store.ts';
import type { House } from '../house.ts';

const DAY_MS = 86_400_000;
const BATCH = 1000;
const agent = 'homeostat';

const bodyOf = (link: Link): AuditBody => JSON.parse(link.body) as AuditBody;
const dayOf = (link: Link): string => bodyOf(link).time.slice(0, 10);

/**
 * Seals every day that is over: records beside each other that tell of the same day make up one file, so that a clock
 * that was set tears nothing apart.
 */
export async function sealPast(house: House, publish: (head: Head) => void): Promise<void> {
  const { store } = house;
  for (;;) {
    const from = store.read(() => store.audit.days.sealedUntil()) + 1;
    const first = store.read(() => store.audit.link(from));
    if (first === null || dayOf(first) === new Date().toISOString().slice(0, 10)) return;
    const name = nameFor(dayOf(first), from, store);
    const manifest = await store.auditDays.write(name, runOf(dayOf(first), from, store), bodyOf(first).prev);
    if (manifest === null) return;
    store.sync();
    store.auditDays.seal(openSigner(store.home.auditKey).sign(manifest));
    const { last_seq: seq, last_hash: hash, sha256 } = manifest;
    store.write(() => {
      store.audit.days.add(manifest);
      const detail = `${name}: records ${from} to ${seq}, sha256 ${sha256}`;
      store.audit.append({ ...BLANK, agent, event: 'audit.sealed', action: 'seal', detail });
    });
    publish({ kind: 'day', seq, hash, time: new Date().toISOString() });
  }
}

/** The day, and a number where it has a file already that holds other records. */
function nameFor(day: string, from: number, { auditDays }: Store): string {
  const taken = auditDays.manifests().filter((manifest) => manifest !== null && manifest.first_seq !== from);
  const names = new Set(taken.map((manifest) => manifest?.name));
  let name = day;
  for (let n = 2; names.has(name); n++) name = `${day}-${n}`;
  return name;
}

/** The records from one on, in batches, as long as they tell of this day. */
function* runOf(day: string, from: number, store: Store): Generator<Link[]> {
  for (let next = from; ;) {
    const links = store.read(() => store.audit.page(next, BATCH));
    const other = links.findIndex((link) => dayOf(link) !== day);
    const mine = other < 0 ? links : links.slice(0, other);
    if (mine.length > 0) yield mine;
    if (mine.length < BATCH) return;
    next += mine.length;
  }
}

/** Days beyond retention go to the archive, and only then out of the database. */
export async function archiveOld({ store, config }: House): Promise<void> {
  const oldest = new Date(Date.now() - config.audit.days * DAY_MS).toISOString();
  const first = store.read(() => store.audit.first()) ?? 1;
  for (const day of store.read(() => store.audit.days.all())) {
    if (day.last_time >= oldest || day.last_seq < first) continue;
    if (!day.archived) {
      store.auditDays.archive(day.name);
      store.write(() => {
        store.audit.days.archive(day.name);
        const detail = `${day.name}: records ${day.first_seq} to ${day.last_seq}`;
        store.audit.append({ ...BLANK, agent, event: 'audit.archived', action: 'archive', detail });
      });
    }
    while (store.write(() => store.audit.days.drop(day, BATCH))) await yielded();
  }
}
