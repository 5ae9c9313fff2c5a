import * as z from 'zod';
import type { ActionContext, QueryContext, ReleaseContext } from './context.ts';
import { HomeostatError } from './errors.ts';
import { actionReportSchema, queryReportSchema } from './outcome.ts';
import type { Committed, Intent, Recovery, Staged, Verification } from './stages.ts';

/** MCP's four hints; all of them are set on purpose. */
export interface Annotations {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

interface Described {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly toolset: string;
  readonly annotations: Annotations;
}

export interface QueryDefinition<I extends z.ZodObject, O extends z.ZodObject> extends Described {
  readonly input: I;
  readonly output: O;
  /** False only for what would drown the audit and tells an agent nothing about the machine. */
  readonly recorded?: boolean;
  run(input: z.infer<I>, ctx: QueryContext): Promise<z.infer<O>>;
}

export interface ActionDefinition<
  I extends z.ZodObject,
  O extends z.ZodObject,
  S extends z.ZodType,
  P extends z.ZodType,
> extends Described {
  readonly input: I;
  readonly output: O;
  readonly stageSchema: S;
  readonly snapshotSchema: P;
  /** True where a record that cannot be written must not hold the effect back (the emergency stop). */
  readonly urgent?: boolean;
  /**
   * Whether nothing is changed, by the commit of this stage, before `ctx.preserve` has returned: what is put on record
   * for the commit is then brought to stable storage together with what that keeps.
   */
  keepsFirst?(stage: z.infer<S>): boolean;
  assess(input: z.infer<I>, ctx: ActionContext): Promise<Intent>;
  stage(input: z.infer<I>, ctx: ActionContext): Promise<Staged<z.infer<S>>>;
  /** Throws `world_changed` where what the stage was worked out from is not so any more; changes nothing. */
  recheck(stage: z.infer<S>, ctx: ActionContext): Promise<void>;
  /** Calls `ctx.preserve` with what undo needs before the first change, and returns it completed. */
  commit(stage: z.infer<S>, ctx: ActionContext): Promise<Committed<z.infer<O>, z.infer<P>>>;
  verify(output: z.infer<O> | null, snapshot: z.infer<P> | null, ctx: ActionContext): Promise<Verification>;
  /** The stage whose commit takes the snapshot's action back. */
  undo(snapshot: z.infer<P>, ctx: ActionContext): Promise<Staged<z.infer<S>>>;
  /** Takes back a commit that failed or that a crash cut short; `snapshot` is what `preserve` was last given. */
  recover(snapshot: z.infer<P>, ctx: ActionContext): Promise<Recovery>;
  /**
   * Lets go what it has kept outside the state for the undo of an action, such as images, when the snapshot is gone. It
   * may be called again, also where nothing is left; throws where it cannot be done now.
   */
  release?(snapshot: z.infer<P>, ctx: ReleaseContext): Promise<void>;
}

const actionFields = {
  dry_run: z.boolean().optional().describe('Show effects, change nothing'),
  reason: z.string().max(500).optional().describe('Why; shown to the approver'),
};

/** Input as it came from outside, checked and with its types closed over. */
export interface BoundQuery {
  readonly input: Readonly<Record<string, unknown>>;
  run(ctx: QueryContext): Promise<Record<string, unknown>>;
}

export interface Query extends Described {
  readonly kind: 'query';
  readonly recorded: boolean;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  bind(raw: unknown): BoundQuery;
}

export interface BoundAction {
  readonly input: Readonly<Record<string, unknown>>;
  readonly dryRun: boolean;
  readonly reason: string;
  assess(ctx: ActionContext): Promise<Intent>;
  stage(ctx: ActionContext): Promise<Staged<unknown>>;
}

/** The half of an action that needs no input: what is staged or kept is read back from disk and checked anew. */
export interface Action extends Described {
  readonly kind: 'action';
  readonly urgent: boolean;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  bind(raw: unknown): BoundAction;
  keepsFirst(stage: unknown): boolean;
  recheck(stage: unknown, ctx: ActionContext): Promise<void>;
  commit(stage: unknown, ctx: ActionContext): Promise<Committed<Record<string, unknown>, unknown>>;
  verify(output: unknown, snapshot: unknown, ctx: ActionContext): Promise<Verification>;
  undo(snapshot: unknown, ctx: ActionContext): Promise<Staged<unknown>>;
  recover(snapshot: unknown, ctx: ActionContext): Promise<Recovery>;
  /** Null for one that keeps nothing outside the state. */
  readonly release: ((snapshot: unknown, ctx: ReleaseContext) => Promise<void>) | null;
}

export type Tool = Query | Action;

function parseInput<T extends z.ZodType>(name: string, schema: T, raw: unknown): z.infer<T> {
  const parsed = schema.safeParse(raw ?? {});
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, 5);
  const what = issues
    .map((i) => `${i.path.length > 0 ? i.path.join('.') : 'input'}: ${i.message}`)
    .join('; ');
  throw new HomeostatError('invalid_input', `${name}: ${what}`);
}

export function defineQuery<I extends z.ZodObject, O extends z.ZodObject>(def: QueryDefinition<I, O>): Query {
  const input = def.input.strict();
  return {
    ...def,
    kind: 'query',
    recorded: def.recorded ?? true,
    input,
    output: queryReportSchema(def.output),
    bind(raw) {
      const value = parseInput(def.name, input, raw) as z.infer<I>;
      return { input: value, run: async (ctx) => def.output.parse(await def.run(value, ctx)) };
    },
  };
}

export function defineAction<
  I extends z.ZodObject,
  O extends z.ZodObject,
  S extends z.ZodType,
  P extends z.ZodType,
>(def: ActionDefinition<I, O, S, P>): Action {
  const input = def.input.extend(actionFields).strict();
  const kept = (snapshot: unknown): z.infer<P> => def.snapshotSchema.parse(snapshot);
  return {
    ...def,
    kind: 'action',
    urgent: def.urgent ?? false,
    input,
    output: actionReportSchema(def.output),
    bind(raw) {
      const { dry_run, reason, ...rest } = parseInput(def.name, input, raw) as z.infer<I> &
        z.infer<z.ZodObject<typeof actionFields>>;
      const value = rest as unknown as z.infer<I>;
      return {
        input: value,
        dryRun: dry_run ?? false,
        reason: reason ?? '',
        assess: async (ctx) => def.assess(value, ctx),
        stage: async (ctx) => def.stage(value, ctx),
      };
    },
    // Not parsed, since a plan can be long and only its kind is looked at.
    keepsFirst: (stage) => def.keepsFirst?.(stage as z.infer<S>) ?? false,
    recheck: async (stage, ctx) => def.recheck(def.stageSchema.parse(stage), ctx),
    commit: async (stage, ctx) => def.commit(def.stageSchema.parse(stage), ctx),
    verify: async (output, snapshot, ctx) =>
      def.verify(
        output === null ? null : def.output.parse(output),
        snapshot === null ? null : kept(snapshot),
        ctx,
      ),
    undo: async (snapshot, ctx) => def.undo(kept(snapshot), ctx),
    recover: async (snapshot, ctx) => def.recover(kept(snapshot), ctx),
    release: def.release === undefined ? null : async (snapshot, ctx) => def.release?.(kept(snapshot), ctx),
  };
}
