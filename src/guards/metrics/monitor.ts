import { setTimeout as sleep } from 'node:timers/promises';
import {
  CONTAINER_METRICS,
  type ContainerLook,
  HOST_METRICS,
  type Look,
  type Monitor,
  type Running,
  type Shown,
  type Sweep,
  shownOf,
} from '../../core/metrics.ts';
import { asHomeostatError } from '../../core/errors.ts';
import { sampleRing } from '../../store/sample-ring.ts';
import type { Keeper } from '../audit/keeper.ts';
import type { House } from '../house.ts';
import { activity } from './activity.ts';
import { openCounts } from './counts.ts';
import { askEach, openRestarts } from './each.ts';
import { partsOf, servicesOf } from './health.ts';
import { openOomCounts } from './oom.ts';
import { soon } from './soon.ts';

/** Two looks are at least so far apart, and at most, for what grows to be told by the second. */
const LEAST_MS = 200;
const MOST_MS = 120_000;
/** Which containers run is asked of the engine no more often when samples are taken. */
const ASK_MS = 10_000;

interface Found {
  readonly at: number;
  readonly running: readonly Running[];
  readonly note: string | null;
}

export interface KeptMonitor extends Monitor {
  /** Puts down samples from now on, until it is closed. */
  keep(): void;
  close(): void;
}

/** Watches the machine with the house’s eyes; see `Monitor`. */
export function openMonitor(house: House, keeper: Keeper): KeptMonitor {
  const { machine, store, config } = house;
  const ring = sampleRing(store.home.samples, config.metrics.kept_bytes);
  const restarts = openRestarts(machine.engine, ASK_MS);
  const ooms = openOomCounts(machine.engine);
  let found: Found = { at: -Infinity, running: [], note: null };
  let before: Sweep | null = null;
  let counts: ReturnType<typeof openCounts> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const ask = async (mostAge: number): Promise<Found> => {
    if (performance.now() - found.at < mostAge) return found;
    try {
      found = { at: performance.now(), running: await soon(machine.engine.running), note: null };
    } catch (error) {
      found = { at: performance.now(), running: [], note: asHomeostatError(error).message };
    }
    return found;
  };
  /** An engine elsewhere is asked about each container by itself. */
  const isElsewhere = (running: readonly Running[]): boolean =>
    machine.meters.source === null && running.length > 0;
  const sweepOf = async (running: readonly Running[]): Promise<Sweep> => {
    const elsewhere = isElsewhere(running);
    const sweep = machine.meters.sweep(elsewhere ? [] : running);
    const containers = elsewhere ? await askEach(running, machine.engine) : sweep.containers;
    return { ...sweep, containers: ooms.added(running, containers) };
  };
  /** The same, with what is asked of each container in turns. */
  const wholeSweep: Monitor['sweep'] = async () => {
    const { running, note } = await ask(ASK_MS);
    const [started, sweep] = [await restarts(running), await sweepOf(running)];
    const containers = new Map(sweep.containers);
    for (const { id, name } of running) {
      const [count, values] = [started.get(id), containers.get(name)];
      if (values !== undefined && count !== undefined)
        containers.set(name, { ...values, restarts_total: count });
    }
    return { sweep: { ...sweep, containers }, running, reached: note === null };
  };

  const lookSince = (was: Sweep | null, now: Sweep): { host: Shown; containers: Map<string, Shown> } => {
    const ms = was === null ? 0 : now.at_ms - was.at_ms;
    const usable = ms > 0 && ms <= MOST_MS ? was : null;
    const containers = [...now.containers].map(([name, values]): [string, Shown] => [
      name,
      shownOf(CONTAINER_METRICS, values, usable?.containers.get(name), ms),
    ]);
    return {
      host: shownOf(HOST_METRICS, now.host, usable?.host, ms),
      containers: new Map(containers),
    };
  };

  const sample = async (): Promise<void> => {
    ooms.follow();
    const { sweep: now } = await wholeSweep();
    const { host, containers } = lookSince(before, now);
    before = now;
    const intervalMs = config.metrics.seconds * 1000;
    ring.add({ at_ms: now.at_ms, host, containers: Object.fromEntries(containers) }, intervalMs);
  };

  return {
    async look() {
      const { running, note } = await ask(0);
      // Where nothing was looked at lately, twice is looked now, a moment apart.
      const age = before === null ? Infinity : Date.now() - before.at_ms;
      if (age > MOST_MS || age < 0) before = await sweepOf(running);
      if (before !== null && Date.now() - before.at_ms < LEAST_MS) await sleep(LEAST_MS);
      const now = await sweepOf(running);
      const { host, containers } = lookSince(before, now);
      before = now;
      return {
        at_ms: now.at_ms,
        source: isElsewhere(running) ? 'engine' : machine.meters.source,
        host,
        disks: now.disks,
        containers: running.map((one): ContainerLook => ({ ...one, values: containers.get(one.name) ?? {} })),
        note,
      } satisfies Look;
    },
    sweep: wholeSweep,
    async restarts(id) {
      try {
        return (await soon((signal) => machine.engine.inspect(id, signal))).RestartCount ?? null;
      } catch {
        return null;
      }
    },
    samples: (sinceMs) => ring.since(sinceMs),
    counts: async () => (counts ??= openCounts(house))(),
    activity: async (by, sinceMs) => activity(by, sinceMs, store),
    parts: async () => partsOf(house, keeper),
    services: async () => servicesOf(house),
    ready() {
      try {
        keeper.check();
        return !store.gone();
      } catch {
        return false;
      }
    },
    keep() {
      counts ??= openCounts(house);
      const run = (): void => void sample().catch(() => undefined);
      timer ??= setInterval(run, config.metrics.seconds * 1000).unref();
      run();
    },
    close() {
      clearInterval(timer);
      ooms.close();
    },
  };
}
