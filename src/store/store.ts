import { statSync } from 'node:fs';
import { HomeostatError } from '../core/errors.ts';
import { type ActionStore, actionStore } from './actions.ts';
import { type ApprovalStore, approvalStore } from './approvals.ts';
import { type AuditLog, auditLog } from './audit.ts';
import { type DayFiles, dayFiles } from './audit-days.ts';
import { type StoreFolders, storeFolders } from './action-folders.ts';
import { type Garbage, collectObjects, garbage } from './collect.ts';
import { type Db, guarded, openDatabase, prepared, storeError } from './database.ts';
import type { Home } from './home.ts';
import { type LongRunning, longRunning } from './long-running.ts';
import { type LeaseStore, leaseStore } from './leases.ts';
import { queueFlag } from './queue-flag.ts';
import { openTurns } from './turns.ts';
import { type SnapshotStore, snapshotStore } from './snapshots.ts';

/** Everything on disk, opened. Its parts are used inside `write` or `read`, which turn SQLite's errors into ours. */
export interface Store {
  readonly home: Home;
  readonly actions: ActionStore;
  readonly approvals: ApprovalStore;
  readonly audit: AuditLog;
  /** Sealed days of the audit. */
  readonly auditDays: DayFiles;
  readonly leases: LeaseStore;
  readonly longRunning: LongRunning;
  readonly snapshots: SnapshotStore;
  /** One durable transaction: when it returns, what was written is on stable storage. */
  write<T>(work: () => T): T;
  /** The same, sharing one flush of the disk with all that are asked for at this moment; fails by itself. */
  group<T>(work: () => T): Promise<T>;
  read<T>(work: () => T): T;
  /** Reads all of it as it is at one moment, whatever others write meanwhile; nothing may be written in it. */
  snapshot<T>(work: () => T): T;
  setting(key: string): string | null;
  setSetting(key: string, value: string): void;
  readonly stores: StoreFolders;
  /** Removes objects that nothing names and that are older than `beforeMs`; the caller holds a write transaction. */
  collect(beforeMs: number, trace?: (step: string) => void): Garbage[];
  /** What `collect` would remove if those snapshots were gone. */
  garbage(beforeMs: number, without: ReadonlySet<string>): Garbage[];
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
  const inPlace = <T>(work: () => T): T => {
    if (!gone()) return work();
    throw new HomeostatError('state_corrupt', `${home.database} was taken away while it was open`);
  };
  const statements = prepared(db);
  const turns = openTurns(db, queueFlag(home.turns), (error) => storeError(home, error));
  const snapshots = snapshotStore(statements);
  return {
    home,
    actions: actionStore(statements),
    approvals: approvalStore(statements),
    audit: auditLog(statements),
    auditDays: dayFiles(home.audit),
    leases: leaseStore(statements),
    longRunning: longRunning(statements),
    snapshots,
    write: (work) => guarded(home, () => inPlace(() => turns.write(work))),
    group: async (work) => turns.group(() => inPlace(work)),
    read: (work) => guarded(home, work),
    snapshot: (work) => guarded(home, () => (db.inTransaction ? work() : db.transaction(work).deferred())),
    setting: (key) =>
      statements.prepare<[string], { value: string }>('SELECT value FROM settings WHERE key = ?').get(key)
        ?.value ?? null,
    setSetting: (key, value) =>
      void statements.prepare('INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)').run(key, value),
    stores: storeFolders(statements),
    collect: (beforeMs, trace) =>
      collectObjects(home.objects, home.scans, snapshots.references(), beforeMs, trace),
    garbage: (beforeMs, without) =>
      garbage(home.objects, home.scans, snapshots.references(without), beforeMs),
    gone,
    sound: () => db.pragma('quick_check(1)', { simple: true }) === 'ok',
    close() {
      turns.flush();
      db.close();
    },
  };
}
