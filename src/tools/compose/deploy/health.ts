import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { ActionContext } from '../../../core/context.ts';
import type { Inspected } from '../../../core/engine.ts';
import { nameOf } from '../../docker/container.ts';
import { type Failure, failureOf } from './cause.ts';

/** A service whose containers are waited for. */
export const watchedSchema = z.object({
  service: z.string(),
  /** The image that its containers must be of; null where any will do. */
  image: z.string().nullable(),
  /** What the files call it; none where any image will do. */
  name: z.string().optional(),
  /** Address that answers once it is ready; null where Docker's health, or that it runs, has to do. */
  probe: z.string().nullable(),
  /** Others wait until it has ended well. */
  ends: z.boolean(),
});
export type Watched = z.infer<typeof watchedSchema>;

export interface Patience {
  /** How long all of them may take, in milliseconds. */
  readonly longestMs: number;
  /** How long all have to be well without a break, in milliseconds. */
  readonly stableMs: number;
}

const LOOK_MS = 100;

type Verdict = 'well' | 'waiting' | 'failed';

interface Look {
  readonly found: Inspected;
  readonly watched: Watched;
  readonly verdict: Verdict;
  readonly probe: string | null;
}

/** Waits until all are well, and stay so; answers what fails, or is not well in time. */
export async function waitForHealth(
  containers: readonly { readonly id: string; readonly watched: Watched }[],
  { longestMs, stableMs }: Patience,
  ctx: ActionContext,
): Promise<Failure[]> {
  const until = performance.now() + longestMs;
  let wellSince: number | null = null;
  for (;;) {
    ctx.signal.throwIfAborted();
    const looks = await Promise.all(containers.map(async ({ id, watched }) => look(id, watched, ctx)));
    const failed = looks.filter(({ verdict }) => verdict === 'failed');
    const waiting = looks.filter(({ verdict }) => verdict === 'waiting');
    const now = performance.now();
    if (waiting.length > 0) wellSince = null;
    else wellSince ??= now;
    if (failed.length === 0 && wellSince !== null && now - wellSince >= stableMs) return [];
    const late = now > until;
    if (failed.length > 0) return toldOf(failed, false, ctx);
    if (late) return toldOf(waiting.length > 0 ? waiting : looks, true, ctx);
    ctx.progress(
      waiting.length > 0
        ? `waiting for ${waiting.map(({ found }) => `${nameOf(found)} (${stateOf(found)})`).join(', ')}`
        : `all are well; watching for ${stableMs / 1000} s`,
    );
    await sleep(LOOK_MS);
  }
}

const toldOf = async (looks: readonly Look[], late: boolean, ctx: ActionContext): Promise<Failure[]> =>
  Promise.all(
    looks.map(async ({ found, watched, probe }) => failureOf(found, watched, { late, probe }, ctx.engine)),
  );

/** What has failed by now, of what was started at all. */
export async function failedNow(
  containers: readonly { readonly id: string; readonly watched: Watched }[],
  ctx: ActionContext,
): Promise<Failure[]> {
  const looks = await Promise.all(containers.map(async ({ id, watched }) => look(id, watched, ctx)));
  const isStarted = ({ found: { State } }: Look): boolean =>
    State.Status !== 'created' || Boolean(State.Error);
  return toldOf(
    looks.filter((one) => one.verdict === 'failed' && isStarted(one)),
    false,
    ctx,
  );
}

const stateOf = ({ State }: Inspected): string => State.Health?.Status ?? State.Status;

async function look(id: string, watched: Watched, ctx: ActionContext): Promise<Look> {
  const found = await ctx.engine.inspect(id);
  const { State, RestartCount = 0 } = found;
  const health = State.Health?.Status ?? 'none';
  const plain = ((): Verdict => {
    if (watched.image !== null && watched.image !== found.Image) return 'failed';
    if (watched.ends && State.Status === 'exited' && State.ExitCode === 0) return 'well';
    if (State.Status !== 'running' || RestartCount > 0 || health === 'unhealthy') return 'failed';
    // One that others wait for has not done its work while it runs.
    return health === 'starting' || watched.ends ? 'waiting' : 'well';
  })();
  if (plain !== 'well' || watched.probe === null) return { found, watched, verdict: plain, probe: null };
  const probe = await ctx.answers(watched.probe);
  return { found, watched, verdict: probe === null ? 'well' : 'waiting', probe };
}
