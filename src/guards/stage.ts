import { HomeostatError } from '../core/errors.ts';
import { actionContext } from './context.ts';
import { checkAlive } from './ending.ts';
import type { House } from './house.ts';
import type { Run } from './run.ts';

/** Step 5: the effects are worked out, their contents are durable; the world is as it was. */
export async function stage(run: Run, house: House): Promise<void> {
  const limit = AbortSignal.timeout(house.config.limits.command_seconds * 1000);
  const ctx = actionContext(run, house, { signal: AbortSignal.any([run.signal, limit]) });
  try {
    run.staged = (await run.bound?.stage(ctx)) ?? null;
  } catch (error) {
    if (!limit.aborted) throw error;
    throw new HomeostatError('timed_out', `${run.tool.name} could not be worked out in time`, {
      cause: error,
    });
  } finally {
    if (run.download) await house.machine.sessions.end(ctx.session);
  }
  checkAlive(run, house);
  await ctx.files.objects.sync();
  house.trace('staged');
}
