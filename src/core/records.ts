import type { Autonomy } from './autonomy.ts';
import type { Effects } from './effects.ts';
import type { ApprovalStatus, Outcome } from './outcome.ts';
import type { OutputStream } from './sandbox.ts';
import type { OutputPage, OutputQuery, ProcessInfo } from './processes.ts';
import type { Level } from './risk.ts';

/** One link of the chain, as it is stored: `body` is the canonical JSON that was hashed. */
export interface AuditRecord {
  readonly seq: number;
  readonly hash: string;
  readonly body: AuditBody;
}

export interface AuditBody {
  readonly seq: number;
  readonly prev: string;
  /** ISO 8601, UTC, by the wall clock; order is by `seq`, never by time. */
  readonly time: string;
  readonly event: string;
  readonly agent: string;
  readonly action_id: string | null;
  /** The tool, or the person's command. */
  readonly action: string;
  /** Redacted, capped; large texts stand as their digest. */
  readonly parameters: unknown;
  /** What it acts on; the first of them where they are many. */
  readonly resources: readonly string[] | null;
  readonly risk_level: Level | null;
  readonly approval_status: ApprovalStatus | null;
  readonly result: Outcome | null;
  readonly error: string | null;
  readonly snapshot_id: string | null;
  readonly rollback_id: string | null;
  readonly execution_time_ms: number | null;
  readonly detail: string | null;
}

export interface AuditFilter {
  readonly agent?: string | undefined;
  readonly action?: string | undefined;
  readonly action_id?: string | undefined;
  readonly risk?: Level | undefined;
  readonly result?: Outcome | undefined;
  readonly event?: string | undefined;
  /** A resource by its whole name, or a path: then what lies below it too. */
  readonly resource?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Words that must all stand in it. */
  readonly text?: string | undefined;
  /** Only records with a smaller sequence number: the cursor of a page. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** A day or a week of the audit; each count is by the value that the records have. */
export interface AuditReport {
  readonly since: string;
  readonly until: string;
  readonly records: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly risks: Readonly<Record<string, number>>;
  readonly agents: Readonly<Record<string, number>>;
  readonly tools: Readonly<Record<string, number>>;
  readonly events: Readonly<Record<string, number>>;
  /** What a person should look at, the oldest first; `left_off` more are not listed. */
  readonly notable: readonly Pick<
    AuditBody,
    'seq' | 'time' | 'event' | 'agent' | 'action' | 'action_id' | 'result' | 'risk_level' | 'error' | 'detail'
  >[];
  readonly left_off: number;
}

export interface SnapshotInfo {
  readonly snapshot_id: string;
  readonly tool: string;
  readonly agent: string;
  readonly cwd: string;
  readonly time: string;
  readonly summary: string;
  readonly changes: number;
  readonly undone_by: string | null;
}

export interface ApprovalInfo {
  readonly action_id: string;
  readonly status: ApprovalStatus;
  readonly tool: string;
  readonly agent: string;
  readonly reason: string;
  readonly summary: string;
  readonly risk_level: Level;
  readonly asked_by: string[];
  readonly requested_at: string;
  readonly expires_at: string;
  readonly note: string | null;
}

/** What retention lets go; nothing in it is named by any record that is kept. */
export interface Collected {
  readonly snapshots: readonly {
    readonly snapshot_id: string;
    readonly why: 'age' | 'count' | 'bytes';
    /** That it named, content shared with others among them. */
    readonly bytes: number;
  }[];
  /** Held actions for which nobody decided in time. */
  readonly stages: readonly string[];
  /** Of actions that are gone. */
  readonly folders: readonly { readonly path: string; readonly bytes: number }[];
  readonly objects: { readonly count: number; readonly bytes: number };
  /** True where an action was under way, so that objects were left for another time. */
  readonly busy: boolean;
  /** Of how many snapshots that went something is still kept outside the state, an engine being away. */
  readonly unreleased: number;
}

/** Whether a configuration was found, and whether a person has trusted it as it stands. */
export type Configuration = 'none' | 'trusted' | 'untrusted';

export interface Status {
  readonly version: string;
  readonly autonomy: Autonomy;
  readonly configuration: Configuration;
  readonly emergency_stop: boolean;
  readonly pending_approvals: number;
  readonly running_actions: number;
  readonly audit_records: number;
}

/** The queries' view of what is stored; nothing here changes anything. */
export interface Records {
  audit(filter: AuditFilter): AuditRecord[];
  snapshots(filter: { limit: number; cwd?: string | undefined }): SnapshotInfo[];
  /** What an action changed: from its stage while it is held, from its snapshot afterwards. */
  effects(id: string): Effects;
  approvals(filter: { status?: ApprovalStatus | undefined; limit: number }): ApprovalInfo[];
  status(): Status;
  /** Every process that runs, and the last of those that have ended, the newest first. */
  processes(): ProcessInfo[];
  /** Throws `not_yours` where another agent started it. */
  processOutput(id: string, stream: OutputStream, query: OutputQuery, agent: string): OutputPage;
}
