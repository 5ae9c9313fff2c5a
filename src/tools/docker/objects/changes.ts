import * as z from 'zod';
import type { ActionContext } from '../../../core/context.ts';
import { HomeostatError } from '../../../core/errors.ts';
import type { Recovery, Verification } from '../../../core/stages.ts';
import {
  applyChange,
  checkBefore,
  containerChange,
  recoverChange,
  verifyChange,
} from '../container-change.ts';
import { cacheChange, cacheKind } from './cache-change.ts';
import { imageChange, imageKind } from './image-change.ts';
import type { Kind } from './kind.ts';
import { endpointChange, endpointKind, networkChange, networkKind } from './network-change.ts';
import { volumeChange, volumeKind } from './volume-change.ts';

/** One object before and after, of whatever kind. */
const changeSchema = z.discriminatedUnion('kind', [
  containerChange.extend({ kind: z.literal('container') }),
  endpointChange,
  networkChange,
  volumeChange,
  imageChange,
  cacheChange,
]);
export type ObjectChange = z.infer<typeof changeSchema>;

/** What one action does with objects of the engine, in the order in which it does it. */
export const objectChanges = z.object({ changes: z.array(changeSchema) });
export type ObjectChanges = z.infer<typeof objectChanges>;

const containerKind: Kind<Extract<ObjectChange, { kind: 'container' }>> = {
  title: ({ name }) => `container ${name}`,
  check: checkBefore,
  // Done with the change itself, which notes each of its steps.
  keep: async (change) => change,
  apply: async (change, ctx, note) => ({
    kind: 'container',
    ...(await applyChange(change, {
      ...ctx,
      preserve: async (kept) => note({ kind: 'container', ...containerChange.parse(kept) }),
    })),
  }),
  async wrong(change, ctx) {
    const seen = await verifyChange(change, ctx);
    return seen.ok ? [] : [seen.error.message];
  },
};

const KINDS = {
  container: containerKind,
  endpoint: endpointKind,
  network: networkKind,
  volume: volumeKind,
  image: imageKind,
  build_cache: cacheKind,
} as const;

/** The schema has checked that each change is of the kind that it names. */
const kindOf = (change: ObjectChange): Kind<ObjectChange> => KINDS[change.kind];

export const titleOf = (change: ObjectChange): string => kindOf(change).title(change);

/** What each change of an action keeps has a name of its own. */
const nth = (ctx: ActionContext, n: number): ActionContext =>
  n === 0 ? ctx : { ...ctx, actionId: `${ctx.actionId}-${n}` };

/** The change that takes one back; null for what cannot be. */
function inverse(change: ObjectChange): ObjectChange | null {
  if (change.kind === 'build_cache') return null;
  const turned = { ...change, before: change.after, after: change.before } as ObjectChange;
  return turned.kind === 'image' ? { ...turned, pull: false } : turned;
}

/** What takes all of them back, the last first. */
export const inverseOf = ({ changes }: ObjectChanges): ObjectChanges => ({
  changes: changes.toReversed().flatMap((change) => inverse(change) ?? []),
});

export async function checkChanges({ changes }: ObjectChanges, ctx: ActionContext): Promise<void> {
  for (const change of changes) {
    // What depends on an earlier one is looked at when that is done.
    if (change.kind === 'endpoint' && changes.some((one) => makesNetwork(one, change.network))) continue;
    await kindOf(change).check(change, ctx);
  }
}

const makesNetwork = (change: ObjectChange, network: string): boolean =>
  change.kind === 'network' && change.name === network && change.before === null;

/** Brings all of it about; what undo needs is kept before anything is changed. */
export async function applyChanges({ changes }: ObjectChanges, ctx: ActionContext): Promise<ObjectChanges> {
  const done = [...changes];
  const note = async (n: number, change: ObjectChange): Promise<void> => {
    done[n] = change;
    await ctx.preserve({ changes: done });
  };
  // On record before anything is kept for it, so that it is let go again whatever comes.
  await ctx.preserve({ changes: done });
  for (const [n, change] of changes.entries()) done[n] = await kindOf(change).keep(change, nth(ctx, n));
  await ctx.preserve({ changes: done });
  for (const [n, change] of done.entries()) {
    ctx.signal.throwIfAborted();
    ctx.progress(titleOf(change));
    const made = await kindOf(change).apply(change, nth(ctx, n), async (now) => note(n, now));
    if (made !== change) await note(n, made);
  }
  return { changes: done };
}

export async function verifyChanges({ changes }: ObjectChanges, ctx: ActionContext): Promise<Verification> {
  for (const change of changes) {
    const wrong = await kindOf(change).wrong(change, ctx);
    if (wrong.length > 0) {
      const what = `${titleOf(change)}: ${wrong.join(', ')}`;
      return { ok: false, error: new HomeostatError('verification_failed', what) };
    }
  }
  return { ok: true };
}

/** Takes back what was cut short, wherever it stands; one that cannot be taken back keeps no other from it. */
export async function recoverChanges({ changes }: ObjectChanges, ctx: ActionContext): Promise<Recovery> {
  const failed: string[] = [];
  for (const [n, change] of [...changes.entries()].toReversed()) {
    const title = titleOf(change);
    if (change.kind === 'container') {
      const { outcome, message } = await recoverChange(change, nth(ctx, n));
      if (outcome !== 'rolled_back') failed.push(message);
      continue;
    }
    const back = inverse(change);
    if (back === null) failed.push(`${title} does not come back`);
    else {
      await kindOf(back).apply(back, nth(ctx, n), async () => undefined);
      const wrong = await kindOf(back).wrong(back, ctx);
      if (wrong.length > 0) failed.push(`${title}: ${wrong.join(', ')}`);
    }
  }
  return failed.length === 0
    ? { outcome: 'rolled_back', message: 'what it changed is as it was' }
    : { outcome: 'rollback_failed', message: failed.join('; ') };
}
