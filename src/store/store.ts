import { statSync } from 'node:fs';
import { HomeostatError } from '../core/errors.ts';
import { type ActionStore, actionStore } from './actions.ts';
import { type ApprovalStore, approvalStore } from './approvals.ts';
import { type AuditLog, auditLog } from './audit.ts';
import { type DayFiles, dayFiles } from './audit-days.ts';
import { type StoreFolders, storeFolders } from './action-folders.ts';
import { openApart } from './apart.ts';
import { type BreakerStore, breakerStore } from './breakers.ts';
import { type Garbage, collectObjects, garbage } from './collect.ts';
import { type Db, PATIENCE_MS, guarded, openDatabase, patience, prepared, storeError } from './database.ts';
import { type KeyedDigest, keyedDigest } from './digest-key.ts';
import { type GrantStore, grantStore } from './grants.ts';
import type { Home } from './home.ts';
import { type JudgementStore, judgementStore } from './judgements.ts';
import { openLog } from './log.ts';
import { type LongRunning, longRunning } from './long-running.ts';
import { type LeaseStore, leaseStore } from './leases.ts';
import { type RefusalStore, refusalStore } from './refusals.ts';
import { type PlantedStore, plantedStore } from './planted.ts';
import { type ReleaseStore, releaseStore } from './releases.ts';
import { type TaskStore, taskStore } from './tasks.ts';
import { openTurnBell } from './turn-bell.ts';
import { type Flush, openTurns } from './turns.ts';
import { type SnapshotStore, snapshotStore } from './snapshots.ts';

/** Everything on disk, opened. Its parts are used inside `write` or `read`, which turn SQLite's errors into ours. */
export interface Store {
  readonly home: Home;
  readonly actions: ActionStore;
  readonly approvals: ApprovalStore;
  readonly audit: AuditLog;
  readonly grants: GrantStore;
  /** Sealed days of the audit. */
  readonly auditDays: DayFiles;
  readonly leases: LeaseStore;
  readonly longRunning: LongRunning;
  readonly snapshots: SnapshotStore;
  readonly judgements: JudgementStore;
  readonly breakers: BreakerStore;
  readonly refusals: RefusalStore;
  readonly planted: PlantedStore;
  readonly releases: ReleaseStore;
  readonly tasks: TaskStore;
  /** One durable transaction: when it returns, what it saw and wrote is on stable storage. */
  write<T>(work: () => T): T;
  /** The same, sharing one flush of the disk with all that are asked for at this moment; fails by itself. */
  group<T>(work: () => T, flush?: Flush): Promise<T>;
  /** What another process has just written may not be on stable storage yet: see `sync`. */
  read<T>(work: () => T): T;
  /** Reads all of it as it is at one moment, whatever others write meanwhile; nothing may be written in it. */
  snapshot<T>(work: () => T): T;
  /** Puts all that was ever read on stable storage, before something that outlives a power failure depends on it. */
  sync(): void;
  setting(key: string): string | null;
  setSetting(key: string, value: string): void;
  readonly stores: StoreFolders;
  readonly digest: KeyedDigest;
  /** Removes objects that nothing names and that are older than `beforeMs`; the caller holds a write transaction. */
  collect(beforeMs: number, trace?: (step: string) => void): Garbage[];
  /** What `collect` would remove if those snapshots were gone. */
  garbage(beforeMs: number, without: ReadonlySet<string>): Garbage[];
  /** Removes what lies apart and is named by no action; the caller holds a write transaction. */
  sweepApart(beforeMs: number): void;
  /** True when the database is not the file any more that was opened: everything written since goes nowhere. */
  gone(): boolean;
  /** True when SQLite finds the file's structure sound. */
  sound(): boolean;
  close(): void;
}

export function openStore(home: Home): Store {
  const db = openDatabase(home);
  return guarded(home, () => assemble(home, db));
}

function assemble(home: Home, db: Db): Store {
  const inode = (): bigint | undefined =>
    statSync(home.database, { bigint: true, throwIfNoEntry: false })?.ino;
  const opened = inode();
  const gone = (): boolean => inode() !== opened;
  const ready = (): void => {
    if (gone())
      throw new HomeostatError('state_corrupt', `${home.database} was taken away while it was open`);
  };
  const statements = prepared(db);
  const apart = openApart(home.held);
  const audit = auditLog(statements);
  const wait = patience(db);
  const log = openLog(db, wait);
  const bell = openTurnBell(home.turn);
  const turns = openTurns(db, wait, (error) => storeError(home, error), bell, {
    ready,
    sync: log.sync,
    tidy: log.tidy,
    settle(committed) {
      if (!committed) audit.takenBack();
      apart.settle(committed);
    },
    mark() {
      const takeBack = apart.mark();
      return () => {
        audit.takenBack();
        takeBack();
      };
    },
  });
  const reading = <T>(work: () => T): T => {
    if (!db.inTransaction) wait(PATIENCE_MS);
    return work();
  };
  const snapshots = snapshotStore(statements, apart);
  const actions = actionStore(statements, apart);
  const digest = keyedDigest(home.digestKey);
  return {
    home,
    actions,
    approvals: approvalStore(statements),
    audit,
    grants: grantStore(statements),
    leases: leaseStore(statements),
    longRunning: longRunning(statements),
    snapshots,
    judgements: judgementStore(statements),
    breakers: breakerStore(statements),
    refusals: refusalStore(statements),
    planted: plantedStore(statements),
    releases: releaseStore(statements),
    tasks: taskStore(statements),
    auditDays: dayFiles(home.audit),
    write: (work) => guarded(home, () => turns.write(work)),
    group: async (work, flush) => turns.group(work, flush),
    read: (work) => guarded(home, () => reading(work)),
    snapshot: (work) =>
      guarded(home, () => (db.inTransaction ? work() : reading(() => db.transaction(work).deferred()))),
    sync: log.sync,
    setting: (key) =>
      reading(
        () =>
          statements.prepare<[string], { value: string }>('SELECT value FROM settings WHERE key = ?').get(key)
            ?.value ?? null,
      ),
    setSetting: (key, value) =>
      void statements.prepare('INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)').run(key, value),
    stores: storeFolders(statements),
    digest: (content) => guarded(home, () => digest(content)),
    collect(beforeMs, trace) {
      log.sync();
      return collectObjects(home.objects, home.scans, snapshots.references(), beforeMs, trace);
    },
    garbage: (beforeMs, without) =>
      garbage(home.objects, home.scans, snapshots.references(without), beforeMs),
    sweepApart(beforeMs) {
      log.sync();
      apart.sweep(new Set(actions.apart()), beforeMs);
    },
    gone,
    sound: () => db.pragma('quick_check(1)', { simple: true }) === 'ok',
    close() {
      if (!db.open) return;
      turns.flush();
      log.close();
      bell.close();
      db.close();
    },
  };
}
