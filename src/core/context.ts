import type { Config } from './config.ts';
import type { Commands } from './command.ts';
import type { Engine } from './engine.ts';
import type { Files } from './host.ts';
import type { Monitor } from './metrics.ts';
import type { Records } from './records.ts';
import type { ActionReport, Decision } from './outcome.ts';
import type { Principal, Workspace } from './principal.ts';
import type { Processes } from './processes.ts';
import type { Risk } from './risk.ts';
import type { Sandbox } from './sandbox.ts';
import type { SecretsView } from './secrets.ts';
import type { Coordination } from './tasks.ts';
import type { Transactions } from './transactions.ts';
import type { Committed, Recovery, Staged, Verification } from './stages.ts';

interface BaseContext {
  readonly principal: Principal;
  readonly workspace: Workspace;
  readonly signal: AbortSignal;
  readonly config: Config;
  readonly files: Files;
  /** Whether a rule says that the file's content is never shown. */
  isSecret(path: string): boolean;
  /** Whether a path is, lies in, or holds the folder of homeostat's state or configuration. */
  isOwn(path: string): boolean;
  /** The names that an env file sets, each with its line from 1; what they are set to stays out of reach. */
  variableNames(path: string): Promise<ReadonlyMap<string, number>>;
  /** What an env file says to Compose itself, such as profiles, and nothing else of it; null of what is made of others. */
  composeSettings(path: string): Promise<ReadonlyMap<string, string | null>>;
  readonly secrets: SecretsView;
  readonly progress: (message: string) => void;
  readonly engine: Engine;
}

/** A stage that was not committed by itself and lies on disk. */
export interface KeptStage {
  readonly tool: string;
  readonly summary: string;
  readonly own: boolean;
  readonly resources: readonly string[];
  readonly stage: unknown;
}

/** Undoing one action by way of another: the tool that made a snapshot is the one that takes it back. */
export interface Undoing {
  find(id: string): {
    tool: string;
    summary: string;
    own: boolean;
    unknown: boolean;
    resources: readonly string[];
  };
  stage(id: string, ctx: ActionContext): Promise<Staged<{ of: string; tool: string; stage: unknown }>>;
  /** What an earlier action of that tool keeps for its own undo; null where it is gone or was never there. */
  former(tool: string, id: string): unknown;
  /** Throws `not_found` where nothing is kept of that action. */
  kept(id: string): KeptStage;
  /** The stage that takes back an undo of that tool's action. */
  undo(tool: string, snapshot: unknown, ctx: ActionContext): Promise<Staged<unknown>>;
  recheck(tool: string, stage: unknown, ctx: ActionContext): Promise<void>;
  commit(tool: string, stage: unknown, ctx: ActionContext): Promise<Committed<unknown, unknown>>;
  verify(tool: string, snapshot: unknown, ctx: ActionContext): Promise<Verification>;
  recover(tool: string, snapshot: unknown, ctx: ActionContext): Promise<Recovery>;
}

/** What an action's functions are handed. */
export interface ActionContext extends BaseContext {
  readonly actionId: string;
  /** Why the agent says it acts. */
  readonly reason: string;
  readonly commands: Commands;
  readonly sandbox: Sandbox;
  /** A folder that lives as long as the connection, for what its commands share. */
  readonly session: string;
  readonly transactions: Transactions;
  /** True when the commit follows an approval, so that time has passed since the stage. */
  readonly resumed: boolean;
  /** True where a person wants an undo in spite of what was changed since. */
  readonly force: boolean;
  /** Whether a rule speaks of a path. */
  isNotable(path: string): boolean;
  /** Whether who writes there goes past the rules: it holds a root, the home or homeostat's own folders, or lies in these. */
  isGuarded(folder: string): boolean;
  readonly processes: Processes;
  /** Whether something answers at an address: null where it does, else why not. */
  answers(address: string): Promise<string | null>;
  /** Whether a command line is on the fixed list of those that need no snapshot. */
  isReadOnlyLine(line: string): boolean;
  /** Makes what undo needs durable; must return before the first change. May be called again with more. */
  preserve(snapshot: unknown): Promise<void>;
  /** The same as it is after the last change, put on record with the outcome; until then the former must do. */
  complete(snapshot: unknown): void;
  readonly undoing: Undoing;
  /** Pulls the emergency stop for every process on this state. */
  pullStop(reason: string): void;
}

/** What is handed to whoever lets go what an action has kept outside the state. */
export interface ReleaseContext {
  readonly actionId: string;
  readonly engine: Engine;
  /** The same of another tool, whose snapshot this one holds. */
  release(tool: string, snapshot: unknown): Promise<void>;
}

/** What a query's `run` is handed. */
export interface QueryContext extends BaseContext {
  /** Files with those that hold secrets: for values that are compared, and of which nothing may be shown. */
  readonly hiddenFiles: Pick<Files, 'read'>;
  readonly records: Records;
  readonly monitor: Monitor;
  readonly coordination: Coordination;
  /** What the pipeline would say of an action, with no effect at all. */
  assess(tool: string, input: unknown): Promise<{ risk: Risk; decision: Decision; summary: string }>;
  /** Waits for a person, then commits what was held; answers `held` after `waitMs`. */
  resume(actionId: string, waitMs: number): Promise<ActionReport>;
}
