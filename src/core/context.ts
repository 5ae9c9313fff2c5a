import type { Config } from './config.ts';
import type { Commands, Files } from './host.ts';
import type { Records } from './records.ts';
import type { ActionReport, Decision } from './outcome.ts';
import type { Principal, Workspace } from './principal.ts';
import type { Risk } from './risk.ts';
import type { Committed, Staged } from './tool.ts';

interface BaseContext {
  readonly principal: Principal;
  readonly workspace: Workspace;
  readonly signal: AbortSignal;
  readonly config: Config;
  readonly files: Files;
  readonly progress: (message: string) => void;
}

/** Undoing one action by way of another: the tool that made a snapshot is the one that takes it back. */
export interface Undoing {
  find(id: string): { tool: string; agent: string; own: boolean; cwd: string };
  stage(id: string, ctx: ActionContext): Promise<Staged<{ of: string; tool: string; stage: unknown }>>;
  commit(tool: string, stage: unknown, ctx: ActionContext): Promise<Committed<unknown, unknown>>;
  verify(tool: string, output: unknown, snapshot: unknown, ctx: ActionContext): Promise<Verified>;
  recover(tool: string, snapshot: unknown, ctx: ActionContext): Promise<Recovered>;
}
type Verified = import('./tool.ts').Verification;
type Recovered = import('./tool.ts').Recovery;

/** What an action's functions are handed. */
export interface ActionContext extends BaseContext {
  readonly actionId: string;
  readonly commands: Commands;
  /** True when the commit follows an approval, so that time has passed since the stage. */
  readonly resumed: boolean;
  /** Makes what undo needs durable; must return before the first change. May be called again with more. */
  preserve(snapshot: unknown): Promise<void>;
  readonly undoing: Undoing;
  /** Pulls the emergency stop for every process on this state. */
  pullStop(reason: string): void;
}

/** What a query's `run` is handed. */
export interface QueryContext extends BaseContext {
  readonly records: Records;
  /** What the pipeline would say of an action, with no effect at all. */
  assess(tool: string, input: unknown): Promise<{ risk: Risk; decision: Decision; summary: string }>;
  /** Waits for a person, then commits what was held; answers `held` after `waitMs`. */
  resume(actionId: string, waitMs: number): Promise<ActionReport>;
}
