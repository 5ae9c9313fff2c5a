import { setTimeout as sleep } from 'node:timers/promises';
import { HomeostatError } from '../../core/errors.ts';
import type { House } from '../house.ts';

const WAIT_MS = 5000;
const POLL_MS = 25;
const BEAT_MS = 5000;
/** A process in another PID namespace whose heart has not beaten for this long is taken for dead. */
const DEAD_AFTER_MS = 30_000;

/** Whether two resources cannot be worked on at once: equal names, or a path within a tree. */
export function overlap(a: string, b: string): boolean {
  if (a === b) return true;
  const [treeA, treeB] = [a, b].map((r) => (r.startsWith('tree:') ? r.slice(5) : null));
  const path = (r: string): string | null => (/^(file|tree):/.test(r) ? r.slice(5) : null);
  const within = (tree: string | null | undefined, other: string | null): boolean =>
    tree != null && other !== null && (other === tree || other.startsWith(tree === '/' ? '/' : `${tree}/`));
  return within(treeA, path(b)) || within(treeB, path(a));
}

/** Whether the process that holds something still lives; where it cannot be seen, its heartbeat tells. */
export function holderLives(owner: string, beats: ReadonlyMap<string, string>, house: House): boolean {
  const seen = house.machine.isAlive(owner);
  if (seen !== null) return seen;
  const [boot, ms] = beats.get(owner)?.split(' ') ?? [];
  const now = house.machine.uptime();
  return boot === now.boot && now.ms - Number(ms) < DEAD_AFTER_MS;
}

/** Takes leases on all resources or none, waiting a little for those who hold them. */
export async function takeLeases(
  resources: readonly string[],
  actionId: string,
  house: House,
  signal: AbortSignal,
): Promise<void> {
  if (resources.length > 0) await withLeases(resources, actionId, house, signal, () => null);
}

/** The same, and does something in the transaction that takes them. */
export async function withLeases<T>(
  resources: readonly string[],
  actionId: string,
  house: House,
  signal: AbortSignal,
  work: () => T,
  flush: 'now' | 'later' = 'now',
): Promise<T> {
  const started = house.machine.uptime().ms;
  for (;;) {
    const { holder, done } = await house.store.group(() => {
      const held = resources.length === 0 ? null : tryTake(resources, actionId, house);
      return held === null ? { holder: null, done: work() } : { holder: held, done: null };
    }, flush);
    if (holder === null) return done;
    if (house.machine.uptime().ms - started > WAIT_MS) {
      throw new HomeostatError('resource_busy', `action ${holder.actionId} holds ${holder.resource}`);
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** Takes leases on all resources or none; answers who holds one of them, or null where they are taken. */
export function tryTake(
  resources: readonly string[],
  actionId: string,
  house: House,
): { actionId: string; resource: string } | null {
  const { leases } = house.store;
  const beats = leases.beats();
  for (const lease of leases.all()) {
    if (lease.action_id === actionId || !resources.some((r) => overlap(r, lease.resource))) continue;
    if (holderLives(lease.owner, beats, house))
      return { actionId: lease.action_id, resource: lease.resource };
  }
  for (const resource of resources)
    leases.take({ resource, action_id: actionId, owner: house.machine.owner });
  beat(house);
  return null;
}

function beat(house: House): void {
  const { boot, ms } = house.machine.uptime();
  house.store.leases.beat(house.machine.owner, `${boot} ${ms}`);
}

interface Heart {
  readonly timer: NodeJS.Timeout;
  running: number;
}

/** One for a process, however much it has running: each beat is a durable write. */
const hearts = new WeakMap<House, Heart>();

/** Beats while an action runs; the returned function ends it. */
export function heartbeat(house: House): () => void {
  const heart = hearts.get(house) ?? {
    timer: setInterval(() => tryBeat(house), BEAT_MS).unref(),
    running: 0,
  };
  hearts.set(house, heart);
  heart.running++;
  let ended = false;
  return () => {
    if (ended) return;
    ended = true;
    if (--heart.running > 0) return;
    clearInterval(heart.timer);
    hearts.delete(house);
  };
}

function tryBeat(house: House): void {
  try {
    house.store.write(() => beat(house));
  } catch {
    // An action's own next record fails for the same reason, and says so.
  }
}
