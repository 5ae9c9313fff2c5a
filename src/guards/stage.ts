import { actionContext } from './context.ts';
import { checkAlive } from './ending.ts';
import type { House } from './house.ts';
import { recordStage } from './record.ts';
import type { Run } from './run.ts';

/** Step 5: the effects are worked out and kept; the world is as it was. */
export async function stage(run: Run, house: House): Promise<void> {
  const ctx = actionContext(run, house);
  run.staged = (await run.bound?.stage(ctx)) ?? null;
  checkAlive(run, house);
  await ctx.files.objects.sync();
  recordStage(run, house);
  house.trace('staged');
}
