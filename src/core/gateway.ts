import type { GrantInfo, GrantRequest } from './grants.ts';
import type { ActionReport, Report } from './outcome.ts';
import type { Connection } from './principal.ts';
import type { ApprovalInfo, AuditReport, Collected } from './records.ts';
import type { Bearer, TokenInfo } from './tokens.ts';
import type { Tool } from './tool.ts';

/** What a client may fetch beside tools' answers. */
export interface Fetched {
  readonly kind: 'card' | 'playbook' | 'page';
  readonly name: string;
}

/** What faces, loop and runner see of the house: tools by name, and nothing of how they are guarded. */
export interface Gateway {
  tools(): readonly Tool[];
  call(name: string, input: unknown, connection: Connection): Promise<Report>;
  /**
   * A client fetches something that is no tool, which is put on record as a query is; a card's prompt takes that card.
   * Throws `card_fixed` where the connection has another one, and where no person has trusted the card.
   */
  fetched(what: Fetched, connection: Connection): Promise<void>;
  /** A text that is another one whenever what resources show has changed; empty while nothing is open. */
  pulse(): Promise<string>;
  /** Puts on record that a client asked for a method of the protocol that is not here. */
  refuse(method: string, params: unknown, connection: Connection): Promise<void>;
  /** A client has come: what its first command will need is made ready, without anybody waiting for it. */
  prepare(connection: Connection): void;
  /** Writes out what is recorded in batches and lets go of the state. */
  close(): Promise<void>;
}

/** How a person proves to be one: the approver's passphrase, or a terminal where that is configured to be enough. */
export interface Proof {
  readonly passphrase?: string | undefined;
  readonly terminal: boolean;
}

export interface UndoRequest {
  readonly id: string;
  readonly dry_run?: boolean;
  readonly reason?: string;
}
/** What can have been done to the record. */
export type Tampering =
  | 'changed_record'
  | 'removed_record'
  | 'reordered'
  | 'fork'
  | 'cut_tail'
  | 'older_copy'
  | 'rewritten'
  | 'bad_signature'
  | 'sealed_file_changed'
  | 'damaged';

export interface ChainVerdict {
  readonly ok: boolean;
  /** In the database and in archived days together. */
  readonly records: number;
  /** How many signed heads, sealed days and anchored heads agree with it. */
  readonly heads: number;
  readonly days: number;
  readonly anchored: number;
  /** The first bad link, and what kind of tampering it shows. */
  readonly problem: { readonly seq: number; readonly kind: Tampering; readonly what: string } | null;
  /** What a person has accepted: records that were replaced on purpose, and how many heads tell of the earlier ones. */
  readonly accepted: readonly { from: number; seq: number; time: string; heads: number }[];
  /** How many signed heads the anchor has not taken yet, and why; null where none is configured. */
  readonly anchor: { readonly waiting: number; readonly failure: string | null } | null;
}

/** What a person alone can do. No tool reaches it; the CLI does. */
export interface Operator {
  /** The approval exactly as it will be bound, with the full text a person decides on. */
  show(actionId: string): ApprovalInfo & { text: string; digest: string };
  approve(actionId: string, digest: string, proof: Proof): Promise<void>;
  /** Commits an approved action here and now, for an agent that has gone. */
  resume(actionId: string, connection: Connection): Promise<ActionReport>;
  deny(actionId: string, note: string): void;
  revoke(actionId: string): void;
  /** Allows beforehand what is like a held action: its line or path to the letter, for some hours and so many times. */
  grantLike(actionId: string, term: { hours: number; count: number }, proof: Proof): Promise<GrantInfo>;
  grant(request: GrantRequest, proof: Proof): Promise<GrantInfo>;
  grants(): GrantInfo[];
  revokeGrant(id: string): void;
  /** Makes a token for a client that comes over HTTP, and answers it; it cannot be read again. */
  addToken(info: Bearer, proof: Proof): Promise<string>;
  tokens(): TokenInfo[];
  revokeToken(name: string): void;
  release(proof: Proof): Promise<void>;
  enrol(passphrase: string, current: Proof | null): Promise<void>;
  enrolled(): boolean;
  /** Throws unless the proof is a person's. */
  confirm(what: string, proof: Proof): Promise<void>;
  trustConfig(proof: Proof): Promise<void>;
  /** Trusts a configuration that the person has just had written, before anybody else could change it. */
  trustWritten(source: string): Promise<void>;
  /** Looks at the whole record; `anchor`: the lines of heads that somebody kept elsewhere. */
  verifyAudit(anchor?: readonly string[]): ChainVerdict;
  /**
   * Accepts that an older database was put in place on purpose, which every later verdict tells of; gives the record
   * from which on others were replaced.
   */
  acceptAudit(anchor: readonly string[] | undefined, proof: Proof): Promise<number>;
  /** What happened between two times (ISO 8601, UTC), counted, and what of it deserves a look. */
  auditReport(since: string, until: string): AuditReport;
  /** Records as they are stored, each the text that was hashed, after a sequence number; at most so many. */
  auditLines(after: number, most: number): { seq: number; line: string }[];
  /** Between which sequence numbers the records of a time lie. */
  auditBounds(since?: string, until?: string): { first: number; last: number };
  /** Removes what retention lets go; only looks for it where it is a dry run. */
  collect(dryRun: boolean): Promise<Collected>;
  /**
   * Ends what is half done on a root that is not there and will not come back, and so lets it go; gives the ids of those
   * actions. Throws `not_found` where nothing is, and `resource_busy` where a server that runs holds it.
   */
  forgetRoot(root: string, proof: Proof): Promise<string[]>;
  /** Keeps a snapshot for good, whatever retention says. */
  pin(actionId: string): void;
  unpin(actionId: string, proof: Proof): Promise<void>;
  pinned(): string[];
  /** Undoes an action in spite of later changes: held, so that the person sees what comes of it before they approve. */
  undoByForce(input: UndoRequest, connection: Connection): Promise<ActionReport>;
  /** The later actions that touch what this one touched, and those that touch what they did; newest first. */
  overlapping(actionId: string): { action_id: string; summary: string; agent: string }[];
  /** The newest action in this folder that can still be undone. */
  lastUndoable(cwd: string): string | null;
}
