import { setImmediate as yielded } from 'node:timers/promises';
import { HomeostatError } from '../../core/errors.ts';
import { BLANK } from '../../store/audit.ts';
import type { ChainProblem } from '../../store/audit-chain.ts';
import { type Head, addHead, lastHead } from '../../store/audit-heads.ts';
import { openSigner } from '../../store/audit-signer.ts';
import { checkEnd } from '../../store/audit-verify.ts';
import type { House } from '../house.ts';
import { tryTake } from '../limits/leases.ts';
import { feedAnchor } from './anchor.ts';
import { archiveOld, sealPast } from './days.ts';

const MINUTE_MS = 60_000;
/** How long the end of this process waits for an anchor; it goes on by itself after that. */
const ANCHOR_AT_END_MS = 1000;
const BATCH = 500;
/** How many records the look at the chain's end covers. */
const RECENT = 1000;
const LEASE = 'audit:keep';

/** Looks after the record: signs its end, seals and archives its days, fills the index, and says when it is broken. */
export interface Keeper {
  /** Throws where the end of the chain is not what was written or signed: then nothing may be executed. */
  check(): void;
  close(): Promise<void>;
}

export function auditKeeper(house: House, serving: boolean): Keeper {
  const { store, config } = house;
  const { auditHeads, auditKey } = store.home;
  const agent = 'homeostat';
  const look = (): ChainProblem | null => {
    // The head first: what it tells of was in the database before it was signed.
    const head = lastHead(auditHeads);
    return store.snapshot(() => checkEnd(store.audit, head, RECENT));
  };
  let problem = look();
  let anchoring: Promise<void> = Promise.resolve();
  let running: Promise<void> | null = null;

  const publish = (head: Head): void => {
    addHead(auditHeads, openSigner(auditKey).sign(head));
    // Nobody waits for it, and what goes wrong with it is on record alone.
    anchoring = anchoring.then(async () => feedAnchor(house)).catch(() => undefined);
  };

  const signEnd = (): void => {
    // In a transaction, after which it is on disk: a head must not tell of what a power failure takes back.
    const end = store.write(() => {
      store.audit.mark();
      return store.audit.head();
    });
    if (end !== null && end.seq > (lastHead(auditHeads)?.seq ?? 0))
      publish({ kind: 'interval', ...end, time: new Date().toISOString() });
  };
  const isDue = (): boolean => {
    const last = lastHead(auditHeads);
    const age = Math.abs(Date.now() - Date.parse(last?.time ?? '1970-01-01'));
    return age >= config.audit.head_minutes * MINUTE_MS;
  };

  const keep = async (): Promise<void> => {
    if (store.write(() => tryTake([LEASE], `${LEASE} ${house.machine.owner}`, house)) !== null) return;
    try {
      problem = look();
      if (problem !== null) return;
      await sealPast(house, publish);
      if (isDue()) signEnd();
      await archiveOld(house);
      while (store.write(() => store.audit.index(BATCH))) await yielded();
    } finally {
      store.write(() => store.leases.release(`${LEASE} ${house.machine.owner}`));
    }
  };
  const run = (): void => {
    // What cannot be kept now is kept later; that nothing can be written any more, the next action says.
    running ??= keep()
      .catch(() => undefined)
      .finally(() => (running = null));
  };
  const started = (event: string): void =>
    store.write(() => {
      store.audit.append({
        ...BLANK,
        agent,
        event,
        action: 'serve',
        detail: `version ${house.version}, process ${process.pid}`,
      });
      store.audit.mark();
    });

  const timer = serving ? setInterval(run, MINUTE_MS).unref() : undefined;
  if (problem === null) {
    if (serving) started('server.started');
    if (store.read(() => store.audit.count()) > 0 && isDue()) run();
  }
  return {
    check() {
      if (problem === null) return;
      const what = `the chain of the audit is broken at record ${problem.seq}: ${problem.what}`;
      throw new HomeostatError('state_corrupt', what, {
        next: 'A person runs `homeostat audit verify`, which says what happened to it; docs/audit.md says what to do then.',
      });
    },
    async close() {
      clearInterval(timer);
      await running;
      if (serving && problem === null && !store.gone()) {
        started('server.stopped');
        signEnd();
      }
      const patience = new AbortController();
      await Promise.race([anchoring, timeout(ANCHOR_AT_END_MS, patience.signal)]);
      patience.abort();
    },
  };
}

const timeout = async (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
