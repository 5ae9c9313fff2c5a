import { randomBytes } from 'node:crypto';
import type { Effects } from '../core/effects.ts';
import type { Judgement } from '../core/judgement.ts';
import type { HomeostatError } from '../core/errors.ts';
import type { ActionReport, Decision, Outcome } from '../core/outcome.ts';
import { agentName, type Caller } from '../core/principal.ts';
import type { Risk } from '../core/risk.ts';
import type { Action, BoundAction } from '../core/tool.ts';
import type { Intent, Staged } from '../core/stages.ts';
import { BLANK, type AuditEntry } from '../store/audit.ts';
import type { GrantRow } from '../store/grants.ts';
import { auditResources } from './audit/parameters.ts';
import type { House } from './house.ts';
import type { Secrets } from './secrets/secrets.ts';
import { shownEffects, shownRisk } from './shown.ts';

/** One action on its way through the pipeline; each step fills in what it found out. */
export interface Run {
  readonly id: string;
  readonly tool: Action;
  readonly caller: Caller;
  readonly agent: string;
  readonly started: number;
  readonly audit: number[];
  readonly secrets: Secrets;
  /** Ends when the client cancels or the emergency stop is pulled. */
  readonly signal: AbortSignal;
  readonly close: () => void;
  bound: BoundAction | null;
  intent: Intent | null;
  requestDigest: string;
  undoes: string | null;
  risk: Risk | null;
  decision: Decision | null;
  /** Whether it uses the network and only downloads: it is given a home that nobody else has written to. */
  download: boolean;
  /** Each time it was judged, the last one last. */
  readonly judgements: Judgement[];
  staged: Staged<unknown> | null;
  /** True once the intent is on disk, so that the action must be finished there. */
  recorded: boolean;
  resumed: boolean;
  /** What a person has allowed beforehand and this action uses, in place of an approval of its own. */
  grant: GrantRow | null;
  /** True once that was used up, before its stage reached the world. */
  reached: boolean;
  /** True once the commit record is on disk, until the outcome is. */
  committing: boolean;
  /** What undo needs, where the commit has found out more than was preserved before it. */
  completed: { readonly snapshot: unknown } | null;
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** Ten letters and digits that cannot be misread: 50 random bits, short enough to type. */
export function newId(): string {
  return [...randomBytes(10)].map((byte) => ALPHABET[byte & 31]).join('');
}

export function openRun(tool: Action, caller: Caller, house: House, id: string = newId()): Run {
  const abort = new AbortController();
  const cancel = (): void => abort.abort();
  caller.signal.addEventListener('abort', cancel);
  if (caller.signal.aborted) cancel();
  const unwatch = tool.urgent ? (): void => undefined : house.stop.watch(cancel);
  return {
    id,
    tool,
    caller,
    agent: agentName(caller.principal),
    started: performance.now(),
    audit: [],
    secrets: house.secrets,
    signal: abort.signal,
    close() {
      caller.signal.removeEventListener('abort', cancel);
      unwatch();
    },
    bound: null,
    intent: null,
    requestDigest: '',
    undoes: null,
    risk: null,
    decision: null,
    download: false,
    judgements: [],
    staged: null,
    recorded: false,
    resumed: false,
    grant: null,
    reached: false,
    committing: false,
    completed: null,
  };
}

/** The audit's fields that are the same for every record of a run. */
export function auditBase(run: Run): Omit<AuditEntry, 'event'> {
  return {
    ...BLANK,
    agent: run.agent,
    action: run.tool.name,
    action_id: run.id,
    resources: auditResources(run.intent?.resources ?? [], run.secrets),
    risk_level: run.risk?.level ?? null,
  };
}

export interface Ending {
  readonly outcome: Outcome;
  readonly error?: HomeostatError | undefined;
  readonly result?: unknown;
  readonly effects?: Effects | null | undefined;
  readonly snapshot?: boolean | undefined;
  /** The stage stays on disk, so that somebody may commit it as it is. */
  readonly keepStage?: boolean | undefined;
}

/** What the caller is told; secrets are masked here, on the only way out. */
export function reportOf(run: Run, ending: Ending): ActionReport {
  return run.secrets.redact({
    outcome: ending.outcome,
    action_id: run.recorded ? run.id : null,
    dry_run: run.bound?.dryRun ?? false,
    result: ending.result ?? null,
    error: ending.error?.body() ?? null,
    risk: shownRisk(run.risk),
    decision: run.decision,
    effects: shownEffects(ending.effects ?? run.staged?.effects ?? null, run.risk),
    snapshot_id: ending.snapshot === true ? run.id : null,
    audit: [...run.audit],
    execution_time_ms: Math.round((performance.now() - run.started) * 10) / 10,
  });
}
